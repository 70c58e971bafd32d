/* What is hidden and protected in workspaces: whatever stands in less and not in more is a right.
 */
#include "policy/policy_private.h"
#include "spec/file_pattern.h"

#include <string.h>

enum list { HIDE, PROTECT, UNPROTECT };

static void list_of(const struct files *files, enum list list, const struct text **v, size_t *n) {
    *v = list == HIDE ? files->hide.v : list == PROTECT ? files->protect.v : files->unprotect.v;
    *n = list == HIDE ? files->hide.n : list == PROTECT ? files->protect.n : files->unprotect.n;
}

static bool has(const struct files *files, enum list list, const char *pattern) {
    const struct text *v;
    size_t n;
    list_of(files, list, &v, &n);
    for (size_t i = 0; i < n; i++)
        if (file_pattern_same(v[i].s, pattern))
            return true;
    return false;
}

static void tell(struct policy_run *run, enum list list, struct text pattern,
                 const struct workspace *in) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    if (list == HIDE) {
        buf_lit(&sentence, "see ");
        buf_lit(&subject, "seeing ");
    } else {
        buf_lit(&sentence, "write ");
        buf_lit(&subject, "writing ");
    }
    plain_word(&sentence, pattern);
    plain_word(&subject, pattern);
    if (in) {
        buf_lit(&sentence, " in ");
        buf_lit(&subject, " in ");
        plain_word(&sentence, in->path);
        plain_word(&subject, in->path);
    } else {
        buf_lit(&sentence, " in every workspace");
        buf_lit(&subject, " in every workspace");
    }
    policy_add(run, &sentence, &subject);
}

/* In which workspaces of a spec that has not the pattern for all. */
static void tell_where(struct policy_run *run, enum list list, struct text pattern,
                       const struct spec *spec) {
    size_t own = 0;
    for (size_t i = 0; i < spec->workspaces.n; i++)
        own += has(&spec->workspaces.v[i].files, list, pattern.s);
    if (!own)
        tell(run, list, pattern, NULL);
    for (size_t i = 0; own && i < spec->workspaces.n; i++)
        if (!has(&spec->workspaces.v[i].files, list, pattern.s))
            tell(run, list, pattern, &spec->workspaces.v[i]);
}

/* NULL where it is no workspace there. */
static const struct files *own_of(const struct spec *spec, const struct workspace *w) {
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (strcmp(spec->workspaces.v[i].path.s, w->path.s) == 0)
            return &spec->workspaces.v[i].files;
    return NULL;
}

/* A workspace that is shared by one of them alone is a right of its own. */
static void missing(struct policy_run *run, enum list list, const struct spec *has_it,
                    const struct spec *lacks_it) {
    const struct text *v;
    size_t n;
    list_of(&has_it->files, list, &v, &n);
    for (size_t i = 0; i < n; i++)
        if (!has(&lacks_it->files, list, v[i].s))
            tell_where(run, list, v[i], lacks_it);
    for (size_t k = 0; k < has_it->workspaces.n; k++) {
        const struct workspace *w = &has_it->workspaces.v[k];
        list_of(&w->files, list, &v, &n);
        const struct files *own = own_of(lacks_it, w);
        for (size_t i = 0; i < n && own; i++)
            if (!has(&lacks_it->files, list, v[i].s) && !has(own, list, v[i].s) &&
                !has(&has_it->files, list, v[i].s))
                tell(run, list, v[i], w);
    }
}

void policy_more_hide(struct policy_run *run, const struct spec *less, const struct spec *more) {
    missing(run, HIDE, less, more);
}

void policy_more_protect(struct policy_run *run, const struct spec *less, const struct spec *more) {
    missing(run, PROTECT, less, more);
}

void policy_more_unprotect(struct policy_run *run, const struct spec *less,
                           const struct spec *more) {
    missing(run, UNPROTECT, more, less);
}
