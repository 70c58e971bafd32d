/*
 * TABLE 4: the enforcement matrix. What a sandbox guarantees on each target, by what mechanism,
 * and whether that holds. README.md of an emitted repository prints the rows that apply.
 *
 * The known leaks of each system are rows like all others: "not enforced" is as much part of the
 * answer as "held". What a target cannot do at all although a spec asks for it is in gaps.h.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "plan/plan.h"
#include "write/write_md.h"

enum target { TARGET_LINUX = 1, TARGET_WSL = 2, TARGET_DARWIN = 4, TARGET_HOME_MANAGER = 8 };
enum matrix_status { STATUS_HELD, STATUS_PARTLY, STATUS_NOT };

struct matrix_row {
    unsigned targets; /* the sum of those for which it says something */
    struct markdown guarantee, mechanism;
    enum matrix_status status;
    bool (*when)(const struct plan *plan); /* NULL: always */
};

extern const struct matrix_row matrix[];
extern const size_t matrix_count;

/* Whether a host of the target is named; when none is, the plain targets of both systems and WSL
 * are meant. */
bool target_applies(enum target target, const struct plan *plan);
bool matrix_applies(const struct matrix_row *row, enum target target, const struct plan *plan);

#endif
