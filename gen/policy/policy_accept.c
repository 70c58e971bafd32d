/* What of lint's findings a spec accepts. It opens nothing, but a reviewer is no longer told. */
#include "policy/policy_private.h"

#include <string.h>

static bool is_of(const struct acceptance *a, const struct acceptance *b) {
    return a->finding == b->finding && policy_same_text(a->of, b->of);
}

static const struct acceptance *find(const struct spec *spec, const struct acceptance *wanted) {
    const struct acceptance *found = NULL;
    for (size_t i = 0; i < spec->accept.n; i++)
        if (is_of(&spec->accept.v[i], wanted) &&
            (!found || policy_same_text(spec->accept.v[i].reason, wanted->reason)))
            found = &spec->accept.v[i];
    return found;
}

static void write_what(struct buf *b, const struct acceptance *one) {
    buf_lit(b, "the finding ");
    buf_name(b, (struct name){finding_word(one->finding)});
    buf_lit(b, " of ");
    plain_text(b, one->of);
}

static void tell(struct policy_run *run, const struct acceptance *one, bool is_accepted) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    write_what(&sentence, one);
    write_what(&subject, one);
    if (is_accepted) {
        buf_lit(&sentence, " is accepted: ");
        plain_text(&sentence, one->reason);
    } else {
        buf_lit(&sentence, " is no longer accepted");
    }
    policy_add(run, &sentence, &subject);
}

void policy_other_accept(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->accept.n; i++) {
        const struct acceptance *one = &new->accept.v[i], *was = find(old, one);
        if (!was || !policy_same_text(was->reason, one->reason))
            tell(run, one, true);
    }
    for (size_t i = 0; i < old->accept.n; i++)
        if (!find(new, &old->accept.v[i]))
            tell(run, &old->accept.v[i], false);
}
