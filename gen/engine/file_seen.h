/* Whether a file is another one than when it was last looked at: stat(2), as it is told apart from
 * one that was renamed over it. */
#ifndef FILE_SEEN_H
#define FILE_SEEN_H

#include <stdbool.h>
#include <sys/stat.h>

struct file_seen {
    bool there, looked;
    struct stat status; /* zeros where it is not there */
};

/* And notes what it is now. The first time it always is. */
bool file_has_changed(const char *path, struct file_seen *seen);

#endif
