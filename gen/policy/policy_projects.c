/* Folders of which any may become a session's own. */
#include "policy/policy_private.h"

#include <string.h>

static bool covers(const struct projects *projects, struct text root) {
    for (size_t i = 0; i < projects->roots.n; i++) {
        const char *other = projects->roots.v[i].s;
        size_t n = strlen(other);
        if (strncmp(root.s, other, n) == 0 && (root.s[n] == '\0' || root.s[n] == '/'))
            return true;
    }
    return false;
}

static void tell_root(struct policy_run *run, struct text root) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "read and write any project below ");
    plain_word(&sentence, root);
    buf_lit(&sentence, " that an operator begins a session in");
    buf_lit(&subject, "the projects below ");
    plain_word(&subject, root);
    policy_add(run, &sentence, &subject);
}

void policy_more_projects(struct policy_run *run, const struct spec *less,
                          const struct spec *more) {
    const struct projects *was = &less->projects, *is = &more->projects;
    BUF_CLEANUP struct buf home = {0}, one_home = {0}, trees = {0}, all_trees = {0};
    for (size_t i = 0; i < is->roots.n; i++)
        if (!covers(was, is->roots.v[i]))
            tell_root(run, is->roots.v[i]);
    if (is->roots.n && was->roots.n && is->home < was->home) {
        policy_may(run, &home);
        buf_lit(&home, "find in one project what it kept in its home in another");
        buf_lit(&one_home, "one home for all projects");
        policy_add(run, &home, &one_home);
    }
    if (is->roots.n && is->worktrees && !(was->roots.n && was->worktrees)) {
        policy_may(run, &trees);
        buf_lit(&trees, "write to the repository of a linked worktree, where that lies elsewhere "
                        "below a root of projects");
        buf_lit(&all_trees, "the repositories of linked worktrees");
        policy_add(run, &trees, &all_trees);
    }
}
