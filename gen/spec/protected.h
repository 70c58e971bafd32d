/*
 * What is read-only in a session without being asked: the rows of modules/host/obeyed.txt that
 * begin with a '!', which the host reads itself.
 */
#ifndef PROTECTED_H
#define PROTECTED_H

#include "base/arena.h"
#include "base/words.h"

/* Whether a row is this pattern. Offers all of them to nearest; its best is the arena's. */
bool is_protected(struct arena *arena, const char *pattern, struct words_nearest *nearest);

#endif
