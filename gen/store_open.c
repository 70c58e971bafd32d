#include "die.h"
#include "store_private.h"
#include "utf8.h"

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char error_text[1024];

const char *store_error(void) {
    return error_text;
}

enum store_result store_fail(enum store_result result, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    utf8_hide_unseen(error_text);
    return result;
}

enum store_result store_git_failed(const char *doing) {
    const git_error *error = git_error_last();
    return store_fail(STORE_FAILED, "can't %s: %s", doing, error ? error->message : "unknown");
}

void store_start_library(void) {
    static bool started;
    if (started)
        return;
    /* Nothing here talks to a network; with OpenSSL, reading the CA bundle is most of the start. */
    setenv("SSL_CERT_FILE", "/dev/null", 0);
    setenv("SSL_CERT_DIR", "/var/empty", 0);
    if (git_libgit2_init() < 0)
        die("libgit2 does not start");
    /* The user's own settings (line ends, ignored files, the first branch) must not show. */
    const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                          GIT_CONFIG_LEVEL_PROGRAMDATA};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    started = true;
}

/* 1: there is nothing in the folder, or no folder; 0: something; -1: it can't be read. */
static int folder_is_empty(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 1 : -1;
    int empty = 1;
    for (struct dirent *entry; empty && (entry = readdir(dir));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

static enum store_result make(struct store *store, const char *folder, bool bare) {
    int empty = folder_is_empty(folder);
    if (empty < 0)
        return store_fail(STORE_FAILED, "can't read %s: %s", folder, strerror(errno));
    if (!empty)
        return store_fail(STORE_REFUSED,
                          "%s is not empty, and no repository of agent-sandbox; give an empty or a "
                          "new folder",
                          folder);
    git_repository_init_options options;
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT |
                    (bare ? (unsigned)GIT_REPOSITORY_INIT_BARE : 0u);
    options.initial_head = "main";
    if (git_repository_init_ext(&store->repository, folder, &options) < 0)
        return store_git_failed("make the repository");
    return STORE_DONE;
}

static bool is_ours(const git_commit *head) {
    return strstr(git_commit_message(head), "\n" GENERATOR_TRAILER) != NULL;
}

/* An empty repository may be anyone's; one with commits must be ours. */
static enum store_result check_ours(struct store *store) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    enum store_result result = store_head(store, &head);
    if (result != STORE_DONE || !head || is_ours(head))
        return result;
    return store_fail(
        STORE_REFUSED,
        "%s is a repository that agent-sandbox did not make (its newest commit has no "
        "\"" GENERATOR_TRAILER "\" line); give another folder",
        store->folder);
}

static enum store_result open_around(struct store *store) {
    if (git_repository_open_ext(&store->repository, ".", 0, NULL) == 0)
        return STORE_DONE;
    return store_fail(STORE_REFUSED, "no repository is around this folder; say which with -o DIR");
}

static enum store_result open_at(struct store *store, const char *folder, enum store_mode mode) {
    int error =
        git_repository_open_ext(&store->repository, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (error == 0)
        return STORE_DONE;
    if (error == GIT_EOWNER)
        return store_fail(STORE_REFUSED, "%s belongs to another user; run this as its owner",
                          folder);
    if (error != GIT_ENOTFOUND)
        return store_git_failed("open the repository");
    if (mode == STORE_READ)
        return store_fail(STORE_REFUSED, "%s is no repository", folder);
    return make(store, folder, mode == STORE_FLEET);
}

static enum store_result open_memory(struct store *store) {
    if (git_repository_odb(&store->odb, store->repository) < 0 ||
        git_mempack_new(&store->memory) < 0)
        return store_git_failed("open the objects");
    if (git_odb_add_backend(store->odb, store->memory, 999) < 0)
        return store_git_failed("open the objects");
    return STORE_DONE;
}

static void remember_folder(struct store *store, const char *folder) {
    const char *path = git_repository_workdir(store->repository);
    store->folder = must_copy(folder ? folder
                              : path ? path
                                     : git_repository_path(store->repository));
    size_t n = strlen(store->folder);
    if (n > 1 && store->folder[n - 1] == '/')
        store->folder[n - 1] = '\0';
}

static enum store_result check_kind(const struct store *store, enum store_mode mode) {
    bool bare = git_repository_is_bare(store->repository);
    if (mode == STORE_FLEET && !bare)
        return store_fail(STORE_REFUSED,
                          "%s holds one sandbox; several go to a bare repository of their own",
                          store->folder);
    return STORE_DONE;
}

enum store_result store_open(struct store **out, const char *folder, enum store_mode mode) {
    struct store *store = must_alloc(sizeof *store);
    *out = store;
    store_start_library();
    enum store_result result = folder ? open_at(store, folder, mode) : open_around(store);
    if (result != STORE_DONE)
        return result;
    remember_folder(store, folder);
    git_repository_set_ident(store->repository, "agent-sandbox", "agent-sandbox@localhost");
    if ((result = check_kind(store, mode)) != STORE_DONE ||
        (result = check_ours(store)) != STORE_DONE || (result = open_memory(store)) != STORE_DONE)
        return result;
    if (mode == STORE_WRITE && !git_repository_is_bare(store->repository))
        result = store_check_clean(store);
    return result;
}

void store_close(struct store *store) {
    if (!store)
        return;
    git_odb_free(store->odb);
    git_repository_free(store->repository);
    free(store->folder);
    free(store->new_objects);
    free(store);
}

bool store_is_fleet(const struct store *store) {
    return git_repository_is_bare(store->repository);
}

const char *store_folder(const struct store *store) {
    return store->folder;
}

enum store_result store_head(struct store *store, git_commit **head) {
    GIT_CLEANUP(git_reference) git_reference *reference = NULL;
    int error = git_repository_head(&reference, store->repository);
    *head = NULL;
    if (error == GIT_EUNBORNBRANCH || error == GIT_ENOTFOUND)
        return STORE_DONE;
    if (error < 0 ||
        git_commit_lookup(head, store->repository, git_reference_target(reference)) < 0)
        return store_git_failed("read the newest commit");
    return STORE_DONE;
}
