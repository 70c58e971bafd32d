/* What a rule of a repository lets through, by its access: docs.github.com/rest,
 * git-scm.com/docs/http-protocol. */
#ifndef REPOSITORIES_H
#define REPOSITORIES_H

#include "spec/spec.h"

struct repository_part {
    enum repository_access access;
    const char *host;
    const char *const *methods; /* NULL at the end */
    const char *before;         /* the repository's name, in the path */
    const char *const *behind;  /* it; NULL at the end */
    const char *query;          /* or NULL: any */
};
extern const struct repository_part repository_parts[];
extern const size_t repository_parts_count;

#endif
