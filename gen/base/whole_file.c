#include "base/whole_file.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *read_descriptor(int fd, size_t max, char **text, size_t *length) {
    struct stat st;
    if (fstat(fd, &st) < 0)
        return strerror(errno);
    if (S_ISDIR(st.st_mode))
        return "it is a folder";
    if (st.st_size > 0 && (uintmax_t)st.st_size > max)
        return "it is too large";
    char *data = must_alloc(max + 2); /* the kernel gives pages only for what is touched */
    size_t n = 0;
    for (ssize_t got; (got = read(fd, data + n, max + 1 - n)) != 0;) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(data);
            return strerror(errno);
        }
        n += (size_t)got;
        if (n > max) {
            free(data);
            return "it is too large";
        }
    }
    *text = must_realloc(data, n + 1);
    (*text)[n] = '\0';
    *length = n;
    return NULL;
}

const char *read_whole_file(const char *path, size_t max, char **text, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return strerror(errno);
    const char *why = read_descriptor(fd, max, text, length);
    close(fd);
    return why;
}
