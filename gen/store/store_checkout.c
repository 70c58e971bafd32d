/*
 * The checkout of a repository of one sandbox: each changed file is made beside the others and
 * renamed, so a file is the old or the new one at any moment; the index last. The first checkout is
 * made beforehand (store_stage.c).
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void path_of(const struct store *store, const char *path, struct buf *out) {
    buf_printf(out, "%s%s", git_repository_workdir(store->repository), path);
}

/* -- room for what is new -- */

/* Files that git was told to ignore, or not to look at, are somebody's too. */
static enum store_result check_place(const struct store *store, git_index *index,
                                     const struct store_change *change) {
    BUF_CLEANUP struct buf path = {0};
    struct stat st;
    path_of(store, change->path, &path);
    if (lstat(path.data, &st) < 0)
        return STORE_DONE;
    if (change->status == STORE_ADDED && !store->finished)
        return store_fail(STORE_REFUSED,
                          "%s is in the way, and git ignores it; take it away and render again",
                          path.data);
    if (S_ISDIR(st.st_mode))
        return store_fail(STORE_REFUSED,
                          "%s is a submodule, and what is rendered has none; take it away with: "
                          "git -C %s rm %s, and commit that",
                          path.data, store->folder, change->path);
    const git_index_entry *entry = git_index_get_bypath(index, change->path, 0);
    bool unseen = entry && ((entry->flags & GIT_INDEX_ENTRY_VALID) ||
                            (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE));
    if (!unseen || store_file_is(path.data, &st, &entry->id, &entry->id))
        return STORE_DONE;
    return store_fail(STORE_REFUSED,
                      "%s was edited, and git was told not to look at it; see it with: git -C %s "
                      "update-index --no-skip-worktree %s, and --no-assume-unchanged",
                      path.data, store->folder, change->path);
}

enum store_result store_check_room(struct store *store, const struct store_draft *draft) {
    GIT_CLEANUP(git_index) git_index *index = NULL;
    enum store_result result = STORE_DONE;
    if (store->made)
        return STORE_DONE;
    if (git_repository_index(&index, store->repository) < 0)
        return store_index_failed(store, "read the index");
    for (size_t i = 0; result == STORE_DONE && i < draft->change_count; i++)
        result = check_place(store, index, &draft->changes[i]);
    return result;
}

/* -- files -- */

static enum store_result make_folders(const struct store *store, const char *path) {
    BUF_CLEANUP struct buf whole = {0};
    size_t top = strlen(git_repository_workdir(store->repository));
    path_of(store, path, &whole);
    for (char *slash = whole.data + top; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (mkdir(whole.data, 0777) < 0 && errno != EEXIST)
            return store_system_failed("make", whole.data);
        *slash = '/';
    }
    return STORE_DONE;
}

static enum store_result put_file(const struct store *store, const struct file *file,
                                  struct stat *seen) {
    BUF_CLEANUP struct buf new = {0};
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&new, "%s/file", store->own);
    path_of(store, file->path, &path);
    enum store_result result = store_write_file(new.data, file, seen);
    if (result != STORE_DONE)
        return result;
    bool placed = rename(new.data, path.data) == 0;
    if (!placed && (errno == ENOENT || errno == ENOTDIR)) {
        result = make_folders(store, file->path);
        placed = result == STORE_DONE && rename(new.data, path.data) == 0;
    }
    if (!placed && result == STORE_DONE && errno == EXDEV) { /* another file system */
        unlink(path.data);                                   /* it may be a link */
        return store_write_file(path.data, file, seen);
    }
    if (!placed && result == STORE_DONE)
        result = store_system_failed("write", path.data);
    store_see_again(path.data, seen);
    return result;
}

/* The file, and the folders that it leaves empty. */
static enum store_result remove_file(const struct store *store, const char *path) {
    BUF_CLEANUP struct buf whole = {0};
    size_t top = strlen(git_repository_workdir(store->repository));
    path_of(store, path, &whole);
    if (unlink(whole.data) < 0 && errno != ENOENT)
        return store_system_failed("remove", whole.data);
    for (char *slash; (slash = strrchr(whole.data + top, '/'));) {
        *slash = '\0';
        if (rmdir(whole.data) < 0)
            break;
    }
    return STORE_DONE;
}

/* -- the index -- */

/* Made beside the index, and given its place by way of git's own lock: a link, so that a lock that
 * is left is known as ours by its inode. Where there are no links, a copy, known by its bytes. */
static void index_paths(const struct store *store, struct buf *own, struct buf *lock,
                        struct buf *index) {
    buf_printf(own, "%s/index", store->own);
    buf_printf(index, "%sindex", git_repository_path(store->repository));
    buf_printf(lock, "%s.lock", index->data);
}

/* Whether a is as b begins; the copying of b may have been interrupted. */
static bool begins_as(const char *a, const char *b) {
    FILE *one = fopen(a, "rb"), *other = fopen(b, "rb");
    int c = EOF;
    bool same = one && other;
    while (same && (c = getc(one)) != EOF)
        same = c == getc(other);
    if (one)
        fclose(one);
    if (other)
        fclose(other);
    return same;
}

/* An empty one may be git's, which has just begun. */
static bool is_our_lock(const char *lock, const char *own) {
    const struct timespec moment = {0, 200 * 1000 * 1000};
    struct stat a, b;
    if (stat(lock, &a) < 0 || stat(own, &b) < 0)
        return false;
    if (a.st_ino == b.st_ino && a.st_dev == b.st_dev)
        return true;
    if (a.st_size == 0)
        nanosleep(&moment, NULL);
    return begins_as(lock, own) && stat(lock, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_size == b.st_size;
}

static int copy_lock(const char *own, const char *lock) {
    char bytes[1 << 14];
    int from = open(own, O_RDONLY | O_CLOEXEC), to = -1;
    ssize_t n = -1;
    if (from >= 0)
        to = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    while (to >= 0 && (n = read(from, bytes, sizeof bytes)) > 0)
        if (store_write_all(to, bytes, (size_t)n) != STORE_DONE) {
            n = -1;
            break;
        }
    if (to >= 0 && n == 0 && store_sync(to) < 0)
        n = -1;
    int kept = errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    if (to >= 0 && n < 0)
        unlink(lock);
    errno = kept;
    return n < 0 ? -1 : 0;
}

static int take_lock(const char *own, const char *lock) {
    if (link(own, lock) == 0)
        return 0;
    return errno == EEXIST ? -1 : copy_lock(own, lock);
}

static enum store_result place_index(const struct store *store) {
    BUF_CLEANUP struct buf own = {0};
    BUF_CLEANUP struct buf lock = {0};
    BUF_CLEANUP struct buf index = {0};
    const struct timespec moment = {0, 20 * 1000 * 1000};
    index_paths(store, &own, &lock, &index);
    for (int i = 0; take_lock(own.data, lock.data) < 0; i++) {
        if (errno != EEXIST)
            return store_system_failed("make", lock.data);
        if (i == 100)
            return store_fail(STORE_FAILED,
                              "another process holds %s; when none runs, it was killed: delete "
                              "that file and render again",
                              lock.data);
        nanosleep(&moment, NULL);
    }
    if (rename(lock.data, index.data) < 0)
        return store_system_failed("write", index.data);
    unlink(own.data);
    return STORE_DONE;
}

/* What a killed process left of ours. */
static void clear_leftovers(const struct store *store) {
    BUF_CLEANUP struct buf own = {0};
    BUF_CLEANUP struct buf lock = {0};
    BUF_CLEANUP struct buf index = {0};
    BUF_CLEANUP struct buf own_lock = {0};
    BUF_CLEANUP struct buf file = {0};
    index_paths(store, &own, &lock, &index);
    buf_printf(&own_lock, "%s.lock", own.data);
    buf_printf(&file, "%s/file", store->own);
    unlink(file.data);
    store_clear_stage(store);
    if (is_our_lock(lock.data, own.data))
        unlink(lock.data);
    unlink(own.data);
    unlink(own_lock.data);
}

static void describe(const struct stat *st, git_index_entry *entry) {
    entry->mtime.seconds = (int32_t)st->st_mtim.tv_sec;
    entry->mtime.nanoseconds = (uint32_t)st->st_mtim.tv_nsec;
    entry->ctime.seconds = (int32_t)st->st_ctim.tv_sec;
    entry->ctime.nanoseconds = (uint32_t)st->st_ctim.tv_nsec;
    entry->dev = (uint32_t)st->st_dev;
    entry->ino = (uint32_t)st->st_ino;
    entry->uid = st->st_uid;
    entry->gid = st->st_gid;
    entry->file_size = (uint32_t)st->st_size;
}

static bool is_changed(const struct store_draft *draft, const char *path, size_t *at) {
    while (*at < draft->change_count && strcmp(draft->changes[*at].path, path) < 0)
        ++*at;
    return *at < draft->change_count && strcmp(draft->changes[*at].path, path) == 0;
}

/* seen: NULL for a file that stands as it stood; its entry is kept. */
static int add_entry(git_index *new, git_index *old, const struct node *node,
                     const struct stat *seen) {
    const git_index_entry *kept =
        old && !seen ? git_index_get_bypath(old, node->file->path, 0) : NULL;
    git_index_entry entry = {.path = node->file->path};
    if (kept)
        return git_index_add(new, kept);
    entry.id = store_git_id(&node->id);
    entry.mode = store_mode_of(node->file);
    if (seen)
        describe(seen, &entry);
    return git_index_add(new, &entry);
}

/* seen: one for each change. */
static enum store_result write_index(struct store *store, const struct store_draft *draft,
                                     const struct stat *seen) {
    GIT_CLEANUP(git_index) git_index *new = NULL;
    GIT_CLEANUP(git_index) git_index *old = NULL;
    BUF_CLEANUP struct buf path = {0};
    size_t at = 0;
    int error = 0;
    buf_printf(&path, "%s/index", store->own);
    if (git_index_open(&new, path.data) < 0)
        return store_git_failed("make the index");
    if (draft->had_before && git_repository_index(&old, store->repository) < 0)
        return store_index_failed(store, "read the index");
    for (size_t i = 0; error == 0 && i < draft->snapshot.n; i++) {
        const struct node *node = &draft->snapshot.nodes[i];
        if (node->file && is_changed(draft, node->file->path, &at))
            error = add_entry(new, old, node, &seen[at]);
        else if (node->file)
            error = add_entry(new, old, node, NULL);
    }
    if (error < 0 || git_index_write(new) < 0)
        return store_git_failed("write the index");
    return place_index(store);
}

/* seen: as above. */
static enum store_result follow_changes(struct store *store, const struct store_draft *draft,
                                        struct stat *seen) {
    enum store_result result = STORE_DONE;
    for (size_t i = 0; result == STORE_DONE && i < draft->change_count; i++)
        if (draft->changes[i].status == STORE_REMOVED)
            result = remove_file(store, draft->changes[i].path);
    for (size_t i = 0; result == STORE_DONE && i < draft->change_count; i++)
        if (draft->changes[i].status != STORE_REMOVED)
            result = put_file(store, tree_find(draft->tree, draft->changes[i].path), &seen[i]);
    return result;
}

enum store_result store_follow(struct store *store, const struct store_draft *draft) {
    enum store_result result = STORE_DONE;
    struct stat *seen = must_alloc(draft->change_count * sizeof *seen);
    /* The first generation's changes are its files, in the same order. */
    bool placed = draft->stage && store_stage_place(store, draft->stage, seen);
    clear_leftovers(store);
    if (!placed)
        result = follow_changes(store, draft, seen);
    if (result == STORE_DONE)
        result = write_index(store, draft, seen);
    free(seen);
    return result;
}
