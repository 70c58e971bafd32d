/* A file of the user's that was not there before. */
#ifndef NEW_FILE_H
#define NEW_FILE_H

#include "cmd/command.h"

#include <stddef.h>
#include <sys/types.h>

/* One that is there already is left as it is, and told. */
enum exit_code new_file(const char *path, mode_t mode, const char *text, size_t n);

#endif
