/* Of cooldown*.c alone. */
#ifndef COOLDOWN_PRIVATE_H
#define COOLDOWN_PRIVATE_H

#include "engine/cooldown.h"
#include "engine/egress_private.h"

/* A path has one age: of the ways in which servers read it, only an encoded slash is no other.
 * NULL: there are others. */
const char *package_reading(struct arena *arena, const struct target *target);
/* Fills place, name, version and file. False: it holds no package. */
bool package_place_of(struct arena *arena, struct aged *aged, const char *host, int port,
                      const char *path);

#endif
