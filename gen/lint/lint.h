/*
 * What is right in a spec and still not as it should be: rules that do nothing, end soon, or open
 * more than the work asks for, and hosts by which data leaves. None of it is a mistake; a spec may
 * accept what is found (findings.h), for a reason.
 */
#ifndef LINT_H
#define LINT_H

#include "plan/plan.h"
#include "read/read.h"

struct uses;

struct finding {
    enum finding_kind kind;
    const char *of; /* what an acceptance calls it by */
    struct aim aim;
    const char *why, *what_to_do; /* sentences without a full stop */
    json_t *narrower;             /* rules that would do in its place, or NULL; findings_clear() */
    const struct acceptance *accepted;
    /* It may be found another day, or with a log: it is not told, but may be accepted. */
    bool latent;
};

struct findings {
    struct finding *v;
    size_t n, cap;
};

/* uses: of a log (uses.h), or NULL. Sorted by no one. All in the reading's arena. */
void lint_spec(struct reading *reading, const struct plan *plan, const struct uses *uses,
               struct findings *out);
void findings_clear(struct findings *findings);

#endif
