/* A file's bytes, read at once. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stddef.h>

/* Reads a regular file of at most max bytes, and puts a NUL behind them. Returns NULL, or why not
 * (a static string, or strerror(3)'s). *text is the caller's to free. */
const char *read_whole_file(const char *path, size_t max, char **text, size_t *length);

#endif
