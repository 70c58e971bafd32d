/*
 * A clone of a fleet that is not bare: libgit2 brings the work tree from the generation that it is
 * of to the newest. In our own folder both stand meanwhile, so that the next process knows what a
 * killed one left.
 */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void note_path(const struct store *store, struct buf *out) {
    buf_printf(out, "%s/following", store->own);
}

static enum store_result note(const struct store *store, const struct object_id *before,
                              const struct object_id *now) {
    BUF_CLEANUP struct buf path = {0};
    char hex[81];
    object_hex(before, hex);
    object_hex(now, hex + 40);
    note_path(store, &path);
    int descriptor = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return store_system_failed("make", path.data);
    enum store_result result = store_write_all(descriptor, hex, 80);
    close(descriptor);
    return result == STORE_DONE ? result : store_system_failed("write", path.data);
}

static int check_out(struct store *store, const struct object_id *before,
                     const struct object_id *now, unsigned strategy) {
    GIT_CLEANUP(git_tree) git_tree *old = NULL;
    GIT_CLEANUP(git_commit) git_commit *old_commit = NULL;
    GIT_CLEANUP(git_commit) git_commit *new = NULL;
    git_oid from = store_git_id(before), to = store_git_id(now);
    git_checkout_options options;
    git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    options.checkout_strategy = strategy | GIT_CHECKOUT_DONT_OVERWRITE_IGNORED;
    options.disable_filters = 1;
    if (!git_oid_is_zero(&from) && (git_commit_lookup(&old_commit, store->repository, &from) < 0 ||
                                    git_commit_tree(&old, old_commit) < 0))
        return -1;
    options.baseline = old;
    if (!old) /* else what is missing was taken away by somebody */
        options.checkout_strategy |= GIT_CHECKOUT_RECREATE_MISSING;
    if (git_commit_lookup(&new, store->repository, &to) < 0)
        return -1;
    return git_checkout_tree(store->repository, (git_object *)new, &options);
}

enum store_result store_begin_following(struct store *store, const struct object_id *now) {
    int error = check_out(store, &store->tip.commit, now, GIT_CHECKOUT_SAFE | GIT_CHECKOUT_DRY_RUN);
    if (error == GIT_ECONFLICT)
        return store_fail(
            STORE_REFUSED,
            "%s has files where new ones go, and git ignores them; take them away and "
            "render again",
            store->folder);
    return error < 0 ? store_git_failed("look at the checkout")
                     : note(store, &store->tip.commit, now);
}

enum store_result store_follow_fleet(struct store *store, const struct object_id *before,
                                     const struct object_id *now, bool finish) {
    BUF_CLEANUP struct buf path = {0};
    if (check_out(store, before, now, finish ? GIT_CHECKOUT_FORCE : GIT_CHECKOUT_SAFE) < 0)
        return store_git_failed("bring the checkout along");
    note_path(store, &path);
    unlink(path.data);
    return STORE_DONE;
}

bool store_was_following(const struct store *store, struct object_id *before,
                         const struct object_id *now) {
    BUF_CLEANUP struct buf path = {0};
    char hex[81] = "", wanted[41];
    git_oid id;
    object_hex(now, wanted);
    note_path(store, &path);
    int descriptor = open(path.data, O_RDONLY | O_CLOEXEC);
    ssize_t n = descriptor < 0 ? -1 : read(descriptor, hex, 80);
    if (descriptor >= 0)
        close(descriptor);
    if (n != 80 || strcmp(hex + 40, wanted) != 0 || git_oid_fromstrn(&id, hex, 40) < 0)
        return false;
    *before = store_object_id(&id);
    return true;
}
