/* What went wrong, in words; what a clone of somebody's lacks, with what brings it. */
#include "base/buf_raw.h"
#include "base/utf8.h"
#include "store/store_private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static _Thread_local char error_text[1024];

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

static int is_promisor(const git_config_entry *entry, void *found) {
    (void)entry;
    *(bool *)found = true;
    return 0;
}

static bool is_partial(const struct store *store) {
    GIT_CLEANUP(git_config) git_config *config = NULL;
    bool found = false;
    if (git_repository_config_snapshot(&config, store->repository) == 0)
        git_config_foreach_match(config, "^remote\\..*\\.promisor$", is_promisor, &found);
    return found;
}

enum store_result store_read_failed(const struct store *store, const char *doing) {
    const git_error *error = git_error_last();
    BUF_CLEANUP struct buf what = {0};
    buf_str(&what, error ? error->message : "an object is missing");
    const char *folder = store->folder;
    if (git_repository_is_shallow(store->repository) == 1)
        return store_fail(
            STORE_REFUSED,
            "can't %s: %s. %s is a shallow clone, without what is older; get that with: "
            "git -C %s fetch --unshallow",
            doing, what.data, folder, folder);
    if (is_partial(store))
        return store_fail(
            STORE_REFUSED,
            "can't %s: %s. %s is a partial clone, without all objects; get them with: "
            "git -C %s fetch --refetch --no-filter",
            doing, what.data, folder, folder);
    return store_fail(STORE_FAILED, "can't %s: %s. What else %s lacks: git -C %s fsck", doing,
                      what.data, folder, folder);
}

enum store_result store_system_failed(const char *doing, const char *path) {
    return store_fail(STORE_FAILED, "can't %s %s: %s", doing, path, strerror(errno));
}
