/* Files that must be there after a loss of power too: written, synced, renamed, the folder synced.
 */
#include "buf_raw.h"
#include "die.h"
#include "store_private.h"

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

static enum store_result write_synced(const char *path, const struct buf *data) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (descriptor < 0)
        return store_system_failed("make", path);
    enum store_result result = store_write_all(descriptor, data->data, data->len);
    if (result == STORE_DONE && store_sync(descriptor) < 0)
        result = STORE_FAILED;
    int kept = errno;
    if (close(descriptor) < 0 && result == STORE_DONE) {
        kept = errno;
        result = STORE_FAILED;
    }
    errno = kept;
    return result == STORE_DONE ? result : store_system_failed("write", path);
}

/* The pack before its index: who sees an index, finds the pack. Temporary names begin as git's own,
 * so `git gc` removes what a killed process left. */
enum store_result store_write_pack(const char *folder, const struct buf *pack,
                                   const struct buf *index, const char *name) {
    BUF_CLEANUP struct buf new_pack = {0};
    BUF_CLEANUP struct buf new_index = {0};
    BUF_CLEANUP struct buf final_pack = {0};
    BUF_CLEANUP struct buf final_index = {0};
    buf_printf(&new_pack, "%s/tmp_agent-sandbox_%ld_%s.pack", folder, (long)getpid(), name);
    buf_printf(&new_index, "%s/tmp_agent-sandbox_%ld_%s.idx", folder, (long)getpid(), name);
    buf_printf(&final_pack, "%s/pack-%s.pack", folder, name);
    buf_printf(&final_index, "%s/pack-%s.idx", folder, name);
    unlink(new_pack.data); /* of a killed process that had this number */
    unlink(new_index.data);
    enum store_result result = write_synced(new_pack.data, pack);
    if (result == STORE_DONE)
        result = write_synced(new_index.data, index);
    if (result == STORE_DONE && rename(new_pack.data, final_pack.data) < 0)
        result = store_system_failed("rename", new_pack.data);
    if (result == STORE_DONE && rename(new_index.data, final_index.data) < 0)
        result = store_system_failed("rename", new_index.data);
    if (result == STORE_DONE)
        return store_sync_folder(folder);
    unlink(new_pack.data);
    unlink(new_index.data);
    return result;
}
