#include "base/replace_file.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *still_old(const char *path, const char *old, size_t n) {
    CHAR_CLEANUP char *now = NULL;
    size_t length;
    const char *why = read_whole_file(path, n, &now, &length);
    bool same = !why && length == n && memcmp(now, old, n) == 0;
    return same ? NULL : "it was changed meanwhile; run this again";
}

static bool write_all(int fd, const char *data, size_t n) {
    while (n > 0) {
        ssize_t got = write(fd, data, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        data += got, n -= (size_t)got;
    }
    return true;
}

/* The owner can be kept only by root, and needs no change for all others. */
static bool take_over(int fd, const struct stat *st) {
    bool owned = fchown(fd, st->st_uid, st->st_gid) == 0 || errno == EPERM;
    return owned && fchmod(fd, st->st_mode & 07777) == 0;
}

static const char *fill(int fd, const char *beside, const char *path, const struct stat *st,
                        const char *old, size_t old_length, const char *new, size_t new_length) {
    bool done = write_all(fd, new, new_length) && take_over(fd, st) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) < 0 && done)
        return strerror(errno);
    if (!done)
        return strerror(error);
    const char *why = still_old(path, old, old_length);
    if (!why && rename(beside, path) < 0)
        return strerror(errno);
    return why;
}

const char *replace_file(const char *path, const char *old, size_t old_length, const char *new,
                         size_t new_length) {
    BUF_CLEANUP struct buf beside = {0};
    struct stat st;
    CHAR_CLEANUP char *real = realpath(path, NULL);
    if (!real || stat(real, &st) < 0 || access(real, W_OK) < 0)
        return strerror(errno);
    buf_printf(&beside, "%s.XXXXXX", real);
    int fd = mkstemp(beside.data);
    if (fd < 0)
        return strerror(errno);
    const char *why = fill(fd, beside.data, real, &st, old, old_length, new, new_length);
    if (why)
        unlink(beside.data);
    return why;
}
