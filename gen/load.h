/*
 * From the path of a spec to a checked one: the file, what it extends, the presets of its agents,
 * merged, filled in and checked (check.c).
 */
#ifndef LOAD_H
#define LOAD_H

#include "read.h"

/* NULL after a mistake; then the reading's mistakes say all of them. "-" reads standard input.
 * The spec lives as long as the reading. */
const struct spec *load_spec(struct reading *reading, const char *path);

/* The names of the shipped presets, one after the other; NULL at the end. */
const char *preset_name(struct reading *reading, size_t index);

#endif
