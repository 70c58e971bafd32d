/*
 * Specs that build on each other: lists and maps are united, a nearer value wins, and what a base
 * has locked may only be tightened.
 */
#ifndef MERGE_H
#define MERGE_H

#include "read/read.h"

/* A new reference. base may be NULL. Both are valid parts of a spec. Values are shared, not
 * copied, so that they are still found in the texts they came from. */
json_t *merge(struct reading *reading, const struct object *object, json_t *base, json_t *near);

/* Complains about everything in near that the locks of base (its "lock" list) forbid. */
void check_locks(struct reading *reading, const json_t *base, const json_t *near);

/* The same of another base that stands behind this one, and so has no say where both set a value.
 */
void check_locks_behind(struct reading *reading, const json_t *base, const json_t *behind);

/* Complains about everything in near that asks for less than base does, where only more may be
 * asked for. */
void check_stricter(struct reading *reading, const struct object *object, const json_t *base,
                    const json_t *near);

#endif
