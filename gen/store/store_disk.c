/* Files that must be there after a loss of power too: written, synced, renamed, the folder synced.
 */
#define _GNU_SOURCE /* sync_file_range */
#include "base/buf_raw.h"
#include "base/die.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum store_result store_write_all(int descriptor, const void *data, size_t n) {
    for (const char *p = data; n;) {
        ssize_t done = write(descriptor, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return STORE_FAILED;
        p += done;
        n -= (size_t)done;
    }
    return STORE_DONE;
}

int store_sync(int descriptor) {
#ifdef F_FULLFSYNC /* macOS: its fsync leaves the data in the disk's own cache */
    if (fcntl(descriptor, F_FULLFSYNC) == 0)
        return 0;
#endif
    return fsync(descriptor);
}

enum store_result store_sync_folder(const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return store_system_failed("open", folder);
    int error = store_sync(descriptor);
    int kept = errno;
    close(descriptor);
    /* Some file systems sync no folders, and say so. */
    if (error == 0 || kept == EINVAL || kept == ENOTSUP)
        return STORE_DONE;
    errno = kept;
    return store_system_failed("sync", folder);
}

/* The kernel is asked to begin writing at once, where it can be. */
enum store_result store_begin_file(const char *path, mode_t mode, const struct buf *data,
                                   int *descriptor) {
    *descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (*descriptor < 0)
        return store_system_failed("make", path);
    enum store_result result = store_write_all(*descriptor, data->data, data->len);
#ifdef SYNC_FILE_RANGE_WRITE
    if (result == STORE_DONE)
        sync_file_range(*descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
    return result == STORE_DONE ? result : store_system_failed("write", path);
}

enum store_result store_end_file(const char *path, int descriptor, enum store_result result) {
    if (descriptor < 0)
        return result;
    bool failed = result == STORE_DONE && store_sync(descriptor) < 0;
    int kept = errno;
    if (close(descriptor) < 0 && result == STORE_DONE && !failed) {
        kept = errno;
        failed = true;
    }
    errno = kept;
    return failed ? store_system_failed("write", path) : result;
}

static void name_file(struct buf *out, const char *folder, const char *name, const char *what) {
    buf_printf(out, "%s/tmp_agent-sandbox_%ld_%s_%s", folder, (long)getpid(), name, what);
}

/* The pack before its index: who sees an index, finds the pack. */
static enum store_result rename_both(const char *folder, const char *new_pack,
                                     const char *new_index, const char *name) {
    BUF_CLEANUP struct buf pack = {0};
    BUF_CLEANUP struct buf index = {0};
    buf_printf(&pack, "%s/pack-%s.pack", folder, name);
    buf_printf(&index, "%s/pack-%s.idx", folder, name);
    if (rename(new_pack, pack.data) < 0)
        return store_system_failed("write", pack.data);
    if (rename(new_index, index.data) < 0)
        return store_system_failed("write", index.data);
    return store_sync_folder(folder);
}

enum store_result store_place_pack(const char *folder, const char *new_pack, int pack,
                                   const struct buf *index, const char *name) {
    BUF_CLEANUP struct buf new_index = {0};
    int descriptor;
    name_file(&new_index, folder, name, "index");
    unlink(new_index.data); /* of a killed process that had this number */
    enum store_result result = store_begin_file(new_index.data, 0444, index, &descriptor);
    result = store_end_file(new_pack, pack, result);
    result = store_end_file(new_index.data, descriptor, result);
    if (result == STORE_DONE)
        result = rename_both(folder, new_pack, new_index.data, name);
    if (result != STORE_DONE)
        unlink(new_index.data);
    return result;
}

enum store_result store_write_pack(const char *folder, const struct buf *pack,
                                   const struct buf *index, const char *name) {
    BUF_CLEANUP struct buf new_pack = {0};
    int descriptor;
    name_file(&new_pack, folder, name, "pack");
    unlink(new_pack.data);
    enum store_result result = store_begin_file(new_pack.data, 0444, pack, &descriptor);
    result = result == STORE_DONE ? store_place_pack(folder, new_pack.data, descriptor, index, name)
                                  : store_end_file(new_pack.data, descriptor, result);
    if (result != STORE_DONE)
        unlink(new_pack.data);
    return result;
}
