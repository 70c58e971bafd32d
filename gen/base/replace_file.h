/* A file of the user's, written anew: after a crash it is the old one or the new one. */
#ifndef REPLACE_FILE_H
#define REPLACE_FILE_H

#include <stddef.h>

/* Where path is a symbolic link, what it leads to is replaced. Mode and, where we may, owner stay.
 * Returns NULL, or why not (a static string, or strerror(3)'s): also when the file no longer
 * has the old bytes. */
const char *replace_file(const char *path, const char *old, size_t old_length, const char *new,
                         size_t new_length);

#endif
