/* What a session on Linux sees at a path, of the unit's properties that a render would write. */
#ifndef VIEW_H
#define VIEW_H

#include "plan/plan.h"

enum view_what { VIEW_WRITE, VIEW_READ, VIEW_OWN, VIEW_HIDDEN, VIEW_NOT_THERE };

struct view {
    enum view_what what;
    const char *root;                  /* of projects, that it lies below, or NULL */
    const struct workspace *workspace; /* that it lies in, or NULL */
    bool home;
    const char *of; /* the path that the property names; in the arena */
};

struct view view_of(const struct plan *plan, const char *path, struct arena *arena);
/* "read-write" and so on. */
const char *view_word(const struct view *view);

#endif
