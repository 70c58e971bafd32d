/* Reading the history, and going back in it. */
#include "store/store_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* -- generations -- */

/* A newer libgit2 takes the last commit of a shallow clone for the first one: the commit itself
 * still names its parent. */
enum store_result store_parent(struct store *store, const git_commit *commit, git_commit **parent) {
    if (git_commit_parentcount(commit) > 0
            ? git_commit_parent(parent, commit, 0) < 0
            : strstr(git_commit_raw_header(commit), "\nparent ") != NULL)
        return store_read_failed(store, "read the history");
    return git_commit_parentcount(commit) > 0 ? STORE_DONE : STORE_UNCHANGED;
}

/* From the commit back to the first, until each returns false. */
static enum store_result walk(struct store *store, const git_commit *from,
                              bool (*each)(git_commit *commit, void *context), void *context) {
    git_commit *commit = NULL, *parent = NULL;
    enum store_result result = STORE_DONE;
    if (git_commit_dup(&commit, (git_commit *)from) < 0)
        return store_git_failed("read the history");
    while (result == STORE_DONE && each(commit, context)) {
        result = store_parent(store, commit, &parent);
        if (result != STORE_DONE)
            break;
        git_commit_free(commit);
        commit = parent;
    }
    git_commit_free(commit);
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}

static bool count_one(git_commit *commit, void *context) {
    (void)commit;
    ++*(size_t *)context;
    return true;
}

enum store_result store_count(struct store *store, const git_commit *from, size_t *n) {
    *n = 0;
    return walk(store, from, count_one, n);
}

struct store_generation store_describe(git_commit *commit, size_t number) {
    struct store_generation generation = {.number = number,
                                          .when = (time_t)git_commit_time(commit),
                                          .subject = git_commit_summary(commit),
                                          .message = git_commit_message(commit)};
    git_oid_tostr(generation.id.hex, sizeof generation.id.hex, git_commit_id(commit));
    return generation;
}

enum store_result store_need_head(struct store *store, git_commit **head) {
    enum store_result result = store_head(store, head);
    if (result == STORE_DONE && !*head)
        return store_fail(STORE_REFUSED, "%s has no generation yet", store->folder);
    return result;
}

struct logged {
    size_t number;
    bool (*each)(const struct store_generation *, void *context);
    void *context;
};

static bool log_one(git_commit *commit, void *context) {
    struct logged *logged = context;
    struct store_generation generation = store_describe(commit, logged->number--);
    return logged->each(&generation, logged->context);
}

enum store_result store_log(struct store *store,
                            bool (*each)(const struct store_generation *, void *context),
                            void *context) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    struct logged logged = {.each = each, .context = context};
    enum store_result result = store_need_head(store, &head);
    if (result == STORE_DONE)
        result = store_count(store, head, &logged.number);
    return result == STORE_DONE ? walk(store, head, log_one, &logged) : result;
}

static bool log_next(git_commit *commit, void *context) {
    struct logged *logged = context;
    struct store_generation generation = store_describe(commit, logged->number++);
    return logged->each(&generation, logged->context);
}

enum store_result store_log_from(struct store *store, const char *revision,
                                 bool (*each)(const struct store_generation *, void *context),
                                 void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    struct logged logged = {.each = each, .context = context};
    enum store_result result = store_find(store, revision, &commit);
    return result == STORE_DONE ? walk(store, commit, log_next, &logged) : result;
}

struct since {
    const char *hex;
    size_t n, most;
    bool found;
};

static bool is_since(git_commit *commit, void *context) {
    struct since *since = context;
    since->found = git_oid_streq(git_commit_id(commit), since->hex) == 0;
    return !since->found && since->n++ < since->most;
}

enum store_result store_since(struct store *store, const char *hex, size_t most, size_t *n,
                              struct store_id *newest) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    struct since since = {.hex = hex, .most = most};
    enum store_result result = store_need_head(store, &head);
    if (result == STORE_DONE)
        result = walk(store, head, is_since, &since);
    if (result != STORE_DONE)
        return result;
    git_oid_tostr(newest->hex, sizeof newest->hex, git_commit_id(head));
    *n = since.n;
    return since.found ? STORE_DONE : STORE_UNCHANGED;
}

static bool is_number(const char *revision, unsigned long *number) {
    char *end;
    *number = strtoul(revision, &end, 10);
    return isdigit((unsigned char)revision[0]) && !*end && strlen(revision) < 7;
}

static enum store_result find_numbered(struct store *store, git_commit *head, unsigned long number,
                                       git_commit **commit) {
    size_t newest;
    enum store_result result = store_count(store, head, &newest);
    if (result != STORE_DONE)
        return result;
    if (number < 1 || number > newest)
        return store_fail(STORE_REFUSED, "there are generations 1 to %zu, not %lu", newest, number);
    if (git_commit_nth_gen_ancestor(commit, head, (unsigned)(newest - number)) < 0)
        return store_read_failed(store, "read an older generation");
    return STORE_DONE;
}

/* "3" is the third generation; everything else is git's to read. */
enum store_result store_find(struct store *store, const char *revision, git_commit **commit) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    GIT_CLEANUP(git_object) git_object *object = NULL;
    unsigned long number;
    enum store_result result = store_need_head(store, &head);
    if (result != STORE_DONE)
        return result;
    if (is_number(revision, &number))
        return find_numbered(store, head, number, commit);
    git_error_clear();
    if (git_revparse_single(&object, store->repository, revision) == 0 &&
        git_object_peel((git_object **)commit, object, GIT_OBJECT_COMMIT) == 0)
        return STORE_DONE;
    if (git_error_last() && git_error_last()->klass == GIT_ERROR_ODB)
        return store_read_failed(store, "find that generation");
    return store_fail(STORE_REFUSED, "no generation is called \"%s\"", revision);
}
