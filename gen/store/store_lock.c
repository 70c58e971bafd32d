/*
 * Who may do what at the same time, by flock on files in the git folder: the kernel gives a lock
 * back when its holder is killed, so none is ever stale.
 *
 *   turn   one process at a time moves the branch. In the file stands the commit to which it is
 *          being moved, so that the next one knows what a killed one left behind.
 *   packs  shared by all that read; who has it alone may delete packs.
 *
 * A file system without flock, or one that can't be written, has no locks: the branch's own
 * compare-and-swap still loses nothing.
 */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { TRY_EVERY_MS = 5, SAY_AFTER_MS = 1000 };

static int open_lock(const struct store *store, const char *name) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "%s/%s", store->own, name);
    int descriptor = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return descriptor >= 0 ? descriptor : open(path.data, O_RDONLY | O_CLOEXEC);
}

static void wait_for(int descriptor, int operation, const char *folder) {
    const struct timespec moment = {0, TRY_EVERY_MS * 1000000L};
    for (int waited = 0; waited < SAY_AFTER_MS; waited += TRY_EVERY_MS) {
        if (flock(descriptor, operation | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR))
            return;
        nanosleep(&moment, NULL);
    }
    fprintf(stderr, "agent-sandbox: waiting for another agent-sandbox in %s\n", folder);
    while (flock(descriptor, operation) < 0 && errno == EINTR)
        ;
}

enum store_result store_take_turn(struct store *store) {
    if (store->turn < 0)
        store->turn = open_lock(store, "turn");
    if (store->turn >= 0)
        wait_for(store->turn, LOCK_EX, store->folder);
    return STORE_DONE;
}

void store_end_turn(struct store *store) {
    if (store->turn >= 0)
        close(store->turn);
    store->turn = -1;
}

void store_use_packs(struct store *store) {
    store->packs = open_lock(store, "packs");
    if (store->packs >= 0)
        wait_for(store->packs, LOCK_SH, store->folder);
}

bool store_own_packs(struct store *store) {
    if (store->packs < 0)
        return false;
    if (flock(store->packs, LOCK_EX | LOCK_NB) == 0)
        return true;
    store_share_packs(store); /* a failed change of a lock may have lost it */
    return false;
}

void store_share_packs(struct store *store) {
    wait_for(store->packs, LOCK_SH, store->folder);
}

void store_read_moving(struct store *store, char hex[41]) {
    ssize_t n = store->turn < 0 ? 0 : pread(store->turn, hex, 40, 0);
    hex[n == 40 ? 40 : 0] = '\0';
}

void store_note_moving(struct store *store, const char *hex) {
    if (store->turn < 0)
        return;
    /* No harm when it fails: then a lock that is left is told, not removed. */
    if (hex ? pwrite(store->turn, hex, 40, 0) < 0 : ftruncate(store->turn, 0) < 0)
        return;
}
