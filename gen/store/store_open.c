#include "base/buf_raw.h"
#include "base/die.h"
#include "base/process.h"
#include "base/utf8.h"
#include "base/worker.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- the library -- */

enum { PACKS_OPEN = 128, CACHE = 8 << 20, WINDOW = 8 << 20, WINDOWS = 64 << 20 };

static bool started; /* or about to be, by the worker */

static void begin(void *unused) {
    (void)unused;
    if (git_libgit2_init() < 0)
        die("libgit2 does not start");
    /* The user's own settings (line ends, ignored files, the first branch) must not show. */
    const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                          GIT_CONFIG_LEVEL_PROGRAMDATA};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) /* else each pack that was read stays open */
        git_libgit2_opts(
            GIT_OPT_SET_MWINDOW_FILE_LIMIT,
            (size_t)(files.rlim_cur < 2 * PACKS_OPEN ? files.rlim_cur / 2 : PACKS_OPEN));
    /* They change nothing of what is read here; what a partial clone lacks is told. */
    const char *extensions[] = {"worktreeconfig", "relativeworktrees", "partialclone"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, sizeof extensions / sizeof *extensions);
    /* A fleet's outer trees are too large for libgit2's own limit; each reading would check the
     * hash. */
    /* Memory must not grow with the history, nor with the fleet. */
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)WINDOWS);
    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)1 << 16);
}

/* Nothing here talks to a network; with OpenSSL, reading the CA bundle is most of the start. Before
 * any thread: the environment is not theirs to change. */
static void prepare_environment(void) {
    setenv("SSL_CERT_FILE", PROCESS_NO_CERTIFICATES "/file", 0);
    setenv("SSL_CERT_DIR", PROCESS_NO_CERTIFICATES, 0);
}

void store_warm_up(void) {
    prepare_environment();
    worker_do(begin, NULL);
    started = true;
}

void store_settle(void) {
    worker_end();
}

void store_start_library(void) {
    worker_wait();
    if (started)
        return;
    prepare_environment();
    begin(NULL);
    started = true;
}

/* -- opening -- */

static enum store_result make(struct store *store, const char *folder, bool bare) {
    int unmade = store_is_unmade(folder, bare);
    if (unmade < 0)
        return store_system_failed("read", folder);
    if (!unmade)
        return store_fail(STORE_REFUSED,
                          "%s is not empty, and no repository of agent-sandbox; give an empty or a "
                          "new folder",
                          folder);
    enum store_result result = store_init(folder, bare);
    if (result != STORE_DONE)
        return result;
    if (git_repository_open_ext(&store->repository, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) <
        0)
        return store_git_failed("open the repository");
    store->made = true;
    return STORE_DONE;
}

static void note_people(struct store *store, const git_commit *head) {
    BUF_CLEANUP struct buf text = {0};
    const git_signature *by = git_commit_committer(head);
    struct object_id id = store_object_id(git_commit_id(head));
    const char *subject = git_commit_summary((git_commit *)head);
    char hex[41];
    if (strcmp(by->name, PERSON_NAME) == 0 && strcmp(by->email, PERSON_EMAIL) == 0)
        return;
    object_hex(&id, hex);
    buf_printf(&text, "%.10s \"%s\"", hex, subject ? subject : "");
    store->by_hand = must_copy(text.data);
    utf8_hide_unseen(store->by_hand);
}

/* An empty repository may be anyone's, and become either; one with commits must be ours. */
static enum store_result check_kind(struct store *store, enum store_mode mode) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    enum store_kind kind = KIND_NONE;
    enum store_result result = store_head(store, &head);
    store->fleet = mode == STORE_FLEET || !store_has_checkout(store);
    if (result == STORE_DONE && head)
        result = store_find_kind(store, head, &kind);
    if (result != STORE_DONE || !head)
        return result;
    store->fleet = kind == KIND_FLEET;
    note_people(store, head);
    if (kind == KIND_NONE)
        return store_fail(
            STORE_REFUSED,
            "%s is a repository that agent-sandbox did not make (it holds no rendered "
            "sandbox); give another folder",
            store->folder);
    if (kind == KIND_SANDBOX && mode == STORE_FLEET)
        return store_fail(STORE_REFUSED,
                          "%s holds one sandbox; several go to a repository of their own",
                          store->folder);
    return STORE_DONE;
}

static enum store_result open_at(struct store *store, const char *folder, enum store_mode mode) {
    enum store_result result = store_open_repository(folder, &store->repository);
    if (result != STORE_UNCHANGED)
        return result;
    if (!folder)
        return store_fail(STORE_REFUSED,
                          "no repository is around this folder; say which with -o DIR");
    if (mode == STORE_READ)
        return store_fail(STORE_REFUSED, "%s is no repository", folder);
    return make(store, folder, mode == STORE_FLEET);
}

static char *without_slash(const char *path) {
    char *copy = must_copy(path);
    size_t n = strlen(copy);
    if (n > 1 && copy[n - 1] == '/')
        copy[n - 1] = '\0';
    return copy;
}

static void remember_folders(struct store *store, const char *folder) {
    BUF_CLEANUP struct buf own = {0};
    const char *path = git_repository_workdir(store->repository);
    store->folder = without_slash(folder ? folder
                                  : path ? path
                                         : git_repository_path(store->repository));
    buf_printf(&own, "%sagent-sandbox", git_repository_commondir(store->repository));
    store->own = must_copy(own.data);
}

/* core.worktree, a setting in the repository, may lead to any folder; whoever may write the
 * repository must not choose where we write. The files stand around it, or where a .git file names
 * it. */
static enum store_result check_work_tree(const struct store *store) {
    const char *folder = git_repository_workdir(store->repository);
    GIT_CLEANUP(git_repository) git_repository *there = NULL;
    GIT_CLEANUP(git_config) git_config *config = NULL;
    GIT_CLEANUP(git_config_entry) git_config_entry *entry = NULL;
    if (!folder || git_repository_config(&config, store->repository) < 0 ||
        git_config_get_entry(&entry, config, "core.worktree") < 0)
        return STORE_DONE;
    if (git_repository_open_ext(&there, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0 &&
        strcmp(git_repository_path(there), git_repository_path(store->repository)) == 0)
        return STORE_DONE;
    return store_fail(STORE_REFUSED,
                      "%s: its setting core.worktree names a folder that does not belong to it; "
                      "give another folder",
                      git_repository_path(store->repository));
}

enum store_result store_open(struct store **out, const char *folder, enum store_mode mode) {
    struct store *store = must_alloc(sizeof *store);
    *out = store;
    store->turn = store->packs = -1;
    pthread_mutex_init(&store->mutex, NULL);
    store_start_library();
    enum store_result result = open_at(store, folder, mode);
    if (result == STORE_DONE)
        result = check_work_tree(store);
    if (result != STORE_DONE)
        return result;
    remember_folders(store, folder);
    if (mode != STORE_READ)
        mkdir(store->own, 0777);
    store_use_packs(store);
    if ((result = check_kind(store, mode)) != STORE_DONE)
        return result;
    store->alone = mode != STORE_READ && (store_has_checkout(store) || !store->fleet);
    if (store->alone)
        result = store_take_turn(store);
    if (result == STORE_DONE)
        result = store_read_tip(store);
    if (result == STORE_DONE && store->alone && store_has_checkout(store) && !store->made)
        result = store_check_clean(store);
    return result;
}

void store_close(struct store *store) {
    if (!store)
        return;
    if (store->committed)
        store_fold(store);
    store_end_turn(store);
    worker_end();
    git_odb_free(store->odb);
    git_repository_free(store->repository);
    store_outer_forget(store);
    pack_free(&store->pack);
    pthread_mutex_destroy(&store->mutex);
    if (store->packs >= 0)
        close(store->packs);
    free(store->by_hand);
    free(store->folder);
    free(store->own);
    free(store);
}

enum store_result store_read_tip(struct store *store) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    struct store_tip old = store->tip;
    enum store_result result = store_head(store, &head);
    if (result != STORE_DONE)
        return result;
    store->tip = (struct store_tip){.exists = head != NULL};
    if (head) {
        store->tip.commit = store_object_id(git_commit_id(head));
        store->tip.tree = store_object_id(git_commit_tree_id(head));
    }
    if (store->tip.exists != old.exists || !object_same(&store->tip.tree, &old.tree))
        store_outer_forget(store);
    return STORE_DONE;
}
