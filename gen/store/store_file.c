/* One file of a checkout: written, seen again, compared. */
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

git_filemode_t store_mode_of(const struct file *file) {
    return file->link         ? GIT_FILEMODE_LINK
           : file->executable ? GIT_FILEMODE_BLOB_EXECUTABLE
                              : GIT_FILEMODE_BLOB;
}

/* Where there are no links, a file holds where one would lead, as git has it too. */
static bool made_link(const char *path, const struct file *file, struct stat *st) {
    unlink(path);
    return symlink(file->data.len ? file->data.data : "", path) == 0 && lstat(path, st) == 0;
}

enum store_result store_write_file(const char *path, const struct file *file, struct stat *st) {
    if (file->link && made_link(path, file, st))
        return STORE_DONE;
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int descriptor = open(path, flags, file->executable ? 0777 : 0666);
    if (descriptor < 0)
        return store_system_failed("make", path);
    enum store_result result = store_write_all(descriptor, file->data.data, file->data.len);
    if (result == STORE_DONE && fstat(descriptor, st) < 0)
        result = STORE_FAILED;
    int kept = errno;
    close(descriptor);
    errno = kept;
    return result == STORE_DONE ? result : store_system_failed("write", path);
}

void store_see_again(const char *path, struct stat *seen) {
    struct stat st;
    bool same = lstat(path, &st) == 0 && st.st_ino == seen->st_ino && st.st_size == seen->st_size &&
                st.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
                st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
    *seen = same ? st : (struct stat){0};
}

bool store_file_is(const char *path, const struct stat *st, const git_oid *one,
                   const git_oid *other) {
    char leads[4096];
    git_oid id;
    ssize_t n = S_ISLNK(st->st_mode) ? readlink(path, leads, sizeof leads) : -1;
    bool read = S_ISLNK(st->st_mode)
                    ? n >= 0 && git_odb_hash(&id, leads, (size_t)n, GIT_OBJECT_BLOB) == 0
                    : S_ISREG(st->st_mode) && git_odb_hashfile(&id, path, GIT_OBJECT_BLOB) == 0;
    return read && (git_oid_equal(&id, one) || git_oid_equal(&id, other));
}
