/*
 * Moves the branch, only from where it was. libgit2 locks it by a file beside it, BRANCH.lock, as
 * git does, and such a file stays when its maker is killed. One that was ours is known by what the
 * file of our turn says, and taken away; one that may be somebody's is waited for, then told.
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

enum { WAIT_MS = 3000, FIRST_PAUSE_MS = 1, LAST_PAUSE_MS = 50, IDLE_MS = 200, ALIASES = 5 };

static void pause_ms(long ms) {
    const struct timespec moment = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&moment, NULL);
}

/* A lock holds the new id, or nothing yet; a log's, the log. */
static bool holds_other_id(const char *path, const char *id) {
    char text[64] = "";
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = descriptor < 0 ? 0 : read(descriptor, text, sizeof text - 1);
    if (descriptor >= 0)
        close(descriptor);
    return n > 0 && strncmp(text, id, 40) != 0;
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtime == b->st_mtime;
}

/* id: where the killed process was moving the branch. Whoever else has the file, works on it. */
static void remove_ours(const char *path, const char *id, bool is_log) {
    struct stat before, after;
    if (stat(path, &before) < 0 || (!is_log && holds_other_id(path, id)))
        return;
    pause_ms(IDLE_MS);
    if (stat(path, &after) == 0 && same_file(&before, &after))
        unlink(path);
}

static void remove_what_was_killed(struct store *store, const char *branch, const char *id) {
    const struct {
        const char *folder, *name;
        bool is_log;
    } locks[] = {{"", branch, false}, {"logs/", branch, true}, {"logs/", "HEAD", true}};
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
        BUF_CLEANUP struct buf path = {0};
        buf_printf(&path, "%s%s%s.lock", git_repository_commondir(store->repository),
                   locks[i].folder, locks[i].name);
        remove_ours(path.data, id, locks[i].is_log);
    }
}

static int try_to_move(struct store *store, const char *branch, const git_oid *id) {
    GIT_CLEANUP(git_reference) git_reference *moved = NULL;
    git_oid from = store_git_id(&store->tip.commit);
    if (!store->tip.exists)
        return git_reference_create(&moved, store->repository, branch, id, 0, "render");
    return git_reference_create_matching(&moved, store->repository, branch, id, 1, &from, "render");
}

static enum store_result tell(struct store *store, const char *branch, int error) {
    if (error == GIT_ELOCKED)
        return store_fail(STORE_FAILED,
                          "another process holds %s%s.lock; when none runs, it was killed: delete "
                          "that file and render again",
                          git_repository_commondir(store->repository), branch);
    return error < 0 ? store_git_failed("move the branch") : STORE_DONE;
}

char *store_branch(const struct store *store) {
    GIT_CLEANUP(git_reference) git_reference *head = NULL;
    const char *branch = NULL;
    if (git_reference_lookup(&head, store->repository, "HEAD") == 0)
        branch = git_reference_symbolic_target(head);
    return branch ? must_copy(branch) : NULL;
}

/* Where HEAD's branch leads, when it is only another name of one. */
static char *last_branch(const struct store *store) {
    char *branch = store_branch(store);
    for (size_t i = 0; branch && i < ALIASES; i++) {
        GIT_CLEANUP(git_reference) git_reference *alias = NULL;
        if (git_reference_lookup(&alias, store->repository, branch) < 0 ||
            !git_reference_symbolic_target(alias))
            return branch;
        char *next = must_copy(git_reference_symbolic_target(alias));
        free(branch);
        branch = next;
    }
    return branch;
}

enum store_result store_move_branch(struct store *store, const struct object_id *id,
                                    bool *overtaken) {
    CHAR_CLEANUP char *branch = last_branch(store);
    git_oid target = store_git_id(id);
    char killed[41], hex[41];
    *overtaken = false;
    if (!branch)
        return store_fail(STORE_REFUSED, "HEAD of %s is on no branch; check one out",
                          store->folder);
    object_hex(id, hex);
    store_read_moving(store, killed);
    store_note_moving(store, hex);
    int error = try_to_move(store, branch, &target);
    if (error == GIT_ELOCKED && killed[0]) {
        remove_what_was_killed(store, branch, killed);
        error = try_to_move(store, branch, &target);
    }
    for (long waited = 0, pause = FIRST_PAUSE_MS; error == GIT_ELOCKED && waited < WAIT_MS;
         waited += pause, pause = pause < LAST_PAUSE_MS ? 2 * pause : pause) {
        pause_ms(pause);
        error = try_to_move(store, branch, &target);
    }
    store_note_moving(store, error == GIT_ELOCKED && killed[0] ? killed : NULL);
    *overtaken = error == GIT_EMODIFIED || error == GIT_EEXISTS;
    return *overtaken ? STORE_DONE : tell(store, branch, error);
}
