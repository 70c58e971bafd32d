/* The defaults that are derived from other keys: what the schema says in words. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "read.h"

void fill_defaults(struct reading *reading, struct spec *spec);

/* The URL of an input that a spec says nothing of; NULL: there is no such input. It lives as long
 * as the reading. */
const char *shipped_url(struct reading *reading, const char *name);

#endif
