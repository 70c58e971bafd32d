/* The defaults that are derived from other keys: what the schema says in words. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "read.h"

void fill_defaults(struct reading *reading, struct spec *spec);

#endif
