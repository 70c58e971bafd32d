/* Which agents' own settings hold them to the rules outside of the sandbox. */
#include "plan/managed.h"
#include "policy/policy_private.h"

/* The other way round than all else: what is managed allows less. */
void policy_more_managed(struct policy_run *run, const struct spec *less, const struct spec *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct name gone[MANAGED_COUNT];
    size_t n = 0;
    for (size_t i = 0; i < less->managed.n; i++)
        if (!manages(more, less->managed.v[i]))
            gone[n++] = managed_files[less->managed.v[i]].agent;
    if (n == 0)
        return;
    buf_lit(&sentence, "outside of the sandbox, ");
    policy_names(&sentence, gone, n);
    if (n == 1)
        buf_lit(&sentence, " is ");
    else
        buf_lit(&sentence, " are ");
    if (run->direction == POLICY_WIDENS)
        buf_lit(&sentence, "no longer ");
    else
        buf_lit(&sentence, "now ");
    buf_lit(&sentence, "held to its hosts, by managed settings");
    policy_names(&subject, gone, n);
    if (n == 1)
        buf_lit(&subject, " its own settings outside of the sandbox");
    else
        buf_lit(&subject, " their own settings outside of the sandbox");
    policy_add(run, &sentence, &subject)->count = n;
}
