/*
 * What a checkout was like when a render found that nothing had changed, so that the next one can
 * say so before it loads anything. The state says all that a render would look at: this program,
 * the day, every file that it read, the branch, and each file and folder of the checkout as lstat
 * tells it. Whatever differs, or can't be told, means: render.
 */
#ifndef STATE_H
#define STATE_H

#include "base/tree.h"

#include <time.h>

#define STATE_FILE ".git/agent-sandbox/state" /* in the checkout's folder */
#define STATE_MAGIC "agent-sandbox state 1"

extern const char program_identity[]; /* of all that this program was built from */

struct state {
    const char *folder; /* the checkout's, as the command line has it */
    const char *name, *commit, *branch;
    struct date until;   /* the last day on which the spec holds; year 0: for ever */
    char *const *inputs; /* files that were read; the spec first */
    size_t input_count;
    const struct tree *tree;
};

/* Notes it, unless something was touched after the moment in began or just before: a change within
 * one tick of the file system's clock leaves no mark. No state is no mistake. */
void state_write(const struct state *state, struct timespec began);

/* Whether `render SPEC -o FOLDER` would change nothing; then it has said so. Needs libc alone. */
bool state_says_unchanged(const char *spec, const char *folder);

#endif
