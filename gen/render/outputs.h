/*
 * TABLE 3: one row per emitted file. To add an output, write a row in outputs.c, and a template in
 * templates/ or a render function in a render_*.c.
 */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include "base/tree.h"
#include "render/template.h"

struct output {
    const char *path; /* may hold template.c's own {{holes}}; NULL for rows with each */
    bool (*when)(const struct plan *plan); /* NULL: always */

    /* Exactly one of the next four says how its bytes are made. */
    const char *shipped;                                      /* modules/...: unchanged */
    const char *filled;                                       /* templates/...: with holes */
    void (*render)(const struct plan *plan, struct buf *out); /* from a writer */
    void (*each)(const struct plan *plan, struct tree *tree); /* any number of files */

    const struct hole *holes; /* for filled, beyond the common ones */
};

extern const struct output outputs[];
extern const size_t outputs_count;

/* Pure: the same plan gives the same bytes. */
void render_tree(const struct plan *plan, struct tree *tree);

#endif
