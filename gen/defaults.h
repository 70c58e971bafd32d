/* The defaults that are derived from other keys: what the schema says in words. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "read.h"

void fill_defaults(struct reading *reading, struct spec *spec);

/* The uid of a sandbox whose spec says none. */
int64_t default_uid(const char *name);

/* The URL of an input that a spec says nothing of; NULL: there is no such input. It lives as long
 * as the reading. */
const char *shipped_url(struct reading *reading, const char *name);

#endif
