/*
 * Patterns of files in a workspace: the simple part of gitignore(5). A name alone is meant in
 * whatever folder, a path from the workspace's top, and a slash at the end means folders; "*" is
 * any text inside a name, "**" any number of folders. modules/host/file_patterns.py reads them
 * alike.
 */
#ifndef FILE_PATTERN_H
#define FILE_PATTERN_H

#include <stdbool.h>

/* Why this is none, as the end of a sentence; NULL when it is one. */
const char *file_pattern_wrong(const char *pattern);

/* Whether both mean the same: "x/" and "x" with a "**" below it are one. */
bool file_pattern_same(const char *a, const char *b);

#endif
