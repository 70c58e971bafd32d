/* The defaults that are derived from other keys: what the schema says in words. */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "base/arena.h"
#include "read/read.h"

#include <stdbool.h>

void fill_defaults(struct reading *reading, struct spec *spec);

/* network.rules, of network.written_rules and network.mcp: docs.github.com/rest,
 * git-scm.com/docs/http-protocol. */
void fill_rules(struct arena *arena, struct network *network);

/* The uid of a sandbox whose spec says none. */
int64_t default_uid(const char *name);

/* Whether a folder can be made at this path on macOS. */
bool darwin_can_have(const char *path);

/* Where a workspace at this path of Linux lies on macOS when the spec doesn't say: below the same
 * home, or below /Users/Shared. path, or of the arena. */
const char *default_darwin_path(struct arena *arena, const char *path);

/* The URL of an input that a spec says nothing of; NULL: there is no such input. It lives as long
 * as the reading. */
const char *shipped_url(struct reading *reading, const char *name);

#endif
