/* Suffixes below which strangers register names, so that "*.SUFFIX" would mean anyone. */
#ifndef HOST_SUFFIXES_H
#define HOST_SUFFIXES_H

#include <stdbool.h>

/* suffix is what follows "*.", in lower case. */
bool host_suffix_is_public(const char *suffix);

#endif
