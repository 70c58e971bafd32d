#include "cmd/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum exit_code new_file(const char *path, mode_t mode, const char *text, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST)
        return command_fail(EXIT_WRONG, "%s exists already; it is left as it is", path);
    if (fd < 0)
        return command_fail(EXIT_FAILED, "can't write %s: %s", path, strerror(errno));
    while (n > 0) {
        ssize_t got = write(fd, text, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        text += got, n -= (size_t)got;
    }
    if (close(fd) < 0 || n > 0)
        return command_fail(EXIT_FAILED, "can't write %s: %s", path, strerror(errno));
    return EXIT_DONE;
}
