#include "engine/file_seen.h"

#ifdef __APPLE__
#define MTIME st_mtimespec
#define CTIME st_ctimespec
#else
#define MTIME st_mtim
#define CTIME st_ctim
#endif

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->MTIME.tv_sec == b->MTIME.tv_sec && a->MTIME.tv_nsec == b->MTIME.tv_nsec &&
           a->CTIME.tv_sec == b->CTIME.tv_sec && a->CTIME.tv_nsec == b->CTIME.tv_nsec;
}

bool file_has_changed(const char *path, struct file_seen *seen) {
    struct stat status = {0};
    bool there = stat(path, &status) == 0;
    if (!there)
        status = (struct stat){0};
    if (seen->looked && seen->there == there && is_same(&seen->status, &status))
        return false;
    *seen = (struct file_seen){.there = there, .looked = true, .status = status};
    return true;
}
