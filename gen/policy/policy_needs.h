/*
 * Whose signatures a generation needs, by what it changes: the rows of signing.require that fit the
 * policy diff. They are those of the generation before, so that none can change what it needs
 * itself; of the first one, and the first that names signers, its own.
 *
 * Ownership: policy_needs_free() frees all that it points to.
 */
#ifndef POLICY_NEEDS_H
#define POLICY_NEEDS_H

#include "policy/policy_report.h"

struct policy_needs {
    struct policy_diff diff;
    const struct spec *old, *new; /* old NULL: there is none */
    const struct signing *by;     /* whose rows, and whose signers */
    struct reading *old_reading, *new_reading;
    struct arena *arena;
};

/* False: one of them can't be read, or new.text is NULL; then nothing can be told, and no
 * generation may count as signed. */
bool policy_needs_between(struct policy_needs *needs, struct policy_source old,
                          struct policy_source new);
void policy_needs_free(struct policy_needs *needs);
#define POLICY_NEEDS_CLEANUP __attribute__((cleanup(policy_needs_free)))

/* Whether this row asks for signatures of what has changed. */
bool policy_needs_row(const struct policy_needs *needs, const struct signing_need *row);
/* Whether it does so because of this change. */
bool policy_change_fits(const struct policy_change *change, enum signed_change what);

/* "2 signatures of alice, bob or carol". Inert. */
void policy_need_words(const struct signing_need *need, struct buf *b);

#endif
