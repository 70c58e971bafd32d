#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

static int by_path(const void *key, const void *element) {
    return strcmp(key, ((const struct embedded *)element)->path);
}

const struct embedded *embedded_find(const char *path) {
    return bsearch(path, embedded_files, embedded_count, sizeof *embedded_files, by_path);
}
