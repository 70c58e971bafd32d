/* Opening a repository, or saying why not: whose it is, what it needs that libgit2 does not read.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- whose it is -- */

static bool exists(const char *folder, const char *name) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return access(path.data, F_OK) == 0;
}

static bool is_repository(const char *folder) {
    return exists(folder, ".git") || (exists(folder, "HEAD") && exists(folder, "objects"));
}

/* The folder, or the next one above it that is a repository; NULL: none. The caller frees it. */
static char *find_around(const char *folder) {
    char *path = realpath(folder ? folder : ".", NULL);
    for (char *slash; path && !folder && !is_repository(path); *slash = '\0')
        if (!(slash = strrchr(path, '/')) || slash == path)
            break;
    if (!path || is_repository(path))
        return path;
    free(path);
    return NULL;
}

static bool belongs_to_another(const char *folder, uid_t *owner) {
    BUF_CLEANUP struct buf git = {0};
    struct stat st;
    buf_printf(&git, "%s/.git", folder);
    const char *const paths[] = {folder, git.data};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (stat(paths[i], &st) == 0 && st.st_uid != geteuid()) {
            *owner = st.st_uid;
            return true;
        }
    return false;
}

/* -- whom git's own settings trust -- */

struct trust {
    const char *folder;
    bool trusted;
};

/* git-config(1), safe.directory: empty forgets those before, and below NAME/ * is all in it. */
static int read_trust(const git_config_entry *entry, void *context) {
    struct trust *trust = context;
    BUF_CLEANUP struct buf path = {0};
    const char *value = entry->value ? entry->value : "", *home = getenv("HOME");
    if (strncmp(value, "~/", 2) == 0 && home)
        buf_printf(&path, "%s%s", home, value + 1);
    else
        buf_str(&path, value);
    size_t n = path.len;
    if (n == 0)
        trust->trusted = false;
    else if (n > 1 && strcmp(path.data + n - 2, "/*") == 0)
        trust->trusted = trust->trusted || strncmp(trust->folder, path.data, n - 1) == 0;
    else
        trust->trusted =
            trust->trusted || strcmp(path.data, "*") == 0 || strcmp(path.data, trust->folder) == 0;
    return 0;
}

static void read_settings(const char *path, struct trust *trust) {
    GIT_CLEANUP(git_config) git_config *config = NULL;
    if (path && access(path, R_OK) == 0 && git_config_open_ondisk(&config, path) == 0)
        git_config_get_multivar_foreach(config, "safe.directory", NULL, read_trust, trust);
}

static bool is_trusted(const char *folder) {
    BUF_CLEANUP struct buf home = {0};
    BUF_CLEANUP struct buf other = {0};
    struct trust trust = {.folder = folder};
    const char *global = getenv("GIT_CONFIG_GLOBAL"), *system = getenv("GIT_CONFIG_SYSTEM"),
               *at_home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    buf_printf(&home, "%s/.gitconfig", at_home ? at_home : "");
    if (xdg && *xdg)
        buf_printf(&other, "%s/git/config", xdg);
    else
        buf_printf(&other, "%s/.config/git/config", at_home ? at_home : "");
    if (!getenv("GIT_CONFIG_NOSYSTEM"))
        read_settings(system ? system : "/etc/gitconfig", &trust);
    if (!global)
        read_settings(other.data, &trust);
    read_settings(global ? global : home.data, &trust);
    return trust.trusted;
}

static enum store_result fail_owner(const char *folder, uid_t owner) {
    const struct passwd *user = getpwuid(owner);
    return store_fail(STORE_REFUSED,
                      "%s belongs to %s (uid %u), not to you; if you trust what is in it: "
                      "git config --global --add safe.directory %s",
                      folder, user ? user->pw_name : "a user without a name", (unsigned)owner,
                      folder);
}

/* -- what it needs -- */

static enum store_result fail_extension(const char *folder) {
    GIT_CLEANUP(git_config) git_config *config = NULL;
    BUF_CLEANUP struct buf why = {0};
    BUF_CLEANUP struct buf path = {0};
    git_buf format = {0}, storage = {0};
    enum store_result result;
    int major = 0, minor = 0, patch = 0;
    const git_error *error = git_error_last();
    buf_str(&why, error ? error->message : "unknown");
    git_libgit2_version(&major, &minor, &patch);
    buf_printf(&path, "%s%s/config", folder, exists(folder, ".git/config") ? "/.git" : "");
    if (git_config_open_ondisk(&config, path.data) == 0) {
        git_config_get_string_buf(&format, config, "extensions.objectformat");
        git_config_get_string_buf(&storage, config, "extensions.refstorage");
    }
    if (storage.size && strcmp(storage.ptr, "files") != 0)
        result =
            store_fail(STORE_REFUSED,
                       "%s keeps its branches as %s, which libgit2 %d.%d does not read; change "
                       "that with: git -C %s refs migrate --ref-format=files",
                       folder, storage.ptr, major, minor, folder);
    else if (format.size && strcmp(format.ptr, "sha1") != 0)
        result = store_fail(STORE_REFUSED,
                            "%s names its objects by %s, which libgit2 %d.%d does not read; make "
                            "another with: git init --object-format=sha1",
                            folder, format.ptr, major, minor);
    else
        result = store_fail(STORE_FAILED, "can't open %s: %s", folder, why.data);
    git_buf_dispose(&format);
    git_buf_dispose(&storage);
    return result;
}

/* -- */

/* libgit2 does not read config.worktree, and takes the folder around for the work tree then. */
static bool is_bare_by_worktree(git_repository *repository) {
    GIT_CLEANUP(git_config) git_config *config = NULL;
    BUF_CLEANUP struct buf path = {0};
    int bare = 0;
    buf_printf(&path, "%sconfig.worktree", git_repository_path(repository));
    return !git_repository_is_bare(repository) && access(path.data, F_OK) == 0 &&
           git_config_open_ondisk(&config, path.data) == 0 &&
           git_config_get_bool(&bare, config, "core.bare") == 0 && bare;
}

static int open_git(const char *folder, git_repository **out) {
    int error = git_repository_open_ext(out, folder ? folder : ".",
                                        folder ? GIT_REPOSITORY_OPEN_NO_SEARCH : 0, NULL);
    if (error < 0 || !is_bare_by_worktree(*out))
        return error;
    CHAR_CLEANUP char *path = must_copy(git_repository_path(*out));
    git_repository_free(*out);
    *out = NULL;
    return git_repository_open_bare(out, path);
}

/* libgit2 1.5 finds none where it misses the settings that could trust its owner. */
enum store_result store_open_repository(const char *folder, git_repository **out) {
    uid_t owner;
    int error = open_git(folder, out);
    if (error == 0)
        return STORE_DONE;
    CHAR_CLEANUP char *around = find_around(folder);
    bool unowned = error == GIT_ENOTFOUND || error == GIT_EOWNER;
    if (unowned && around && belongs_to_another(around, &owner)) {
        if (!is_trusted(around))
            return fail_owner(around, owner);
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        error = open_git(folder, out);
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
        if (error == 0)
            return STORE_DONE;
    }
    if (error == GIT_ENOTFOUND)
        return STORE_UNCHANGED;
    return fail_extension(around ? around : folder ? folder : ".");
}

/* -- the index -- */

static bool has_no_hash(const char *path) {
    static const unsigned char none[20];
    unsigned char end[20];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool zeros = descriptor >= 0 && lseek(descriptor, -20, SEEK_END) > 0 &&
                 read(descriptor, end, sizeof end) == (ssize_t)sizeof end &&
                 memcmp(end, none, sizeof end) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return zeros;
}

enum store_result store_index_failed(const struct store *store, const char *doing) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf why = {0};
    const git_error *error = git_error_last();
    const char *folder = store->folder;
    buf_str(&why, error ? error->message : "unknown");
    buf_printf(&path, "%sindex", git_repository_path(store->repository));
    if (strstr(why.data, "'link'"))
        return store_fail(STORE_REFUSED,
                          "%s has a split index, which libgit2 does not read; make it whole with: "
                          "git -C %s update-index --no-split-index",
                          folder, folder);
    if (strstr(why.data, "'sdir'"))
        return store_fail(STORE_REFUSED,
                          "%s has a sparse index, which libgit2 does not read; make it whole with: "
                          "git -C %s sparse-checkout disable",
                          folder, folder);
    if (has_no_hash(path.data))
        return store_fail(
            STORE_REFUSED,
            "%s has an index without a checksum, which libgit2 does not read; give it "
            "one with: git -C %s config index.skipHash false && git -C %s update-index "
            "--force-write-index",
            folder, folder, folder);
    return store_fail(STORE_FAILED, "can't %s: %s", doing, why.data);
}
