/* Reading the history, and going back in it. */
#include "buf_raw.h"
#include "store_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* -- generations -- */

enum store_result store_count(struct store *store, const git_oid *from, size_t *n) {
    GIT_CLEANUP(git_revwalk) git_revwalk *walk = NULL;
    git_oid id;
    *n = 0;
    if (git_revwalk_new(&walk, store->repository) < 0 || git_revwalk_push(walk, from) < 0 ||
        git_revwalk_simplify_first_parent(walk) < 0)
        return store_git_failed("read the history");
    while (git_revwalk_next(&id, walk) == 0)
        ++*n;
    return STORE_DONE;
}

static struct store_generation describe(git_commit *commit, size_t number) {
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

enum store_result store_log(struct store *store,
                            bool (*each)(const struct store_generation *, void *context),
                            void *context) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    GIT_CLEANUP(git_revwalk) git_revwalk *walk = NULL;
    size_t number;
    enum store_result result = store_need_head(store, &head);
    if (result == STORE_DONE)
        result = store_count(store, git_commit_id(head), &number);
    if (result != STORE_DONE)
        return result;
    if (git_revwalk_new(&walk, store->repository) < 0 ||
        git_revwalk_push(walk, git_commit_id(head)) < 0 ||
        git_revwalk_simplify_first_parent(walk) < 0)
        return store_git_failed("read the history");
    git_oid id;
    for (bool more = true; more && git_revwalk_next(&id, walk) == 0; number--) {
        GIT_CLEANUP(git_commit) git_commit *commit = NULL;
        if (git_commit_lookup(&commit, store->repository, &id) < 0)
            return store_git_failed("read a commit");
        struct store_generation generation = describe(commit, number);
        more = each(&generation, context);
    }
    return STORE_DONE;
}

static bool is_number(const char *revision, unsigned long *number) {
    char *end;
    *number = strtoul(revision, &end, 10);
    return isdigit((unsigned char)revision[0]) && !*end && strlen(revision) < 7;
}

static enum store_result find_numbered(struct store *store, git_commit *head, unsigned long number,
                                       git_commit **commit) {
    size_t newest;
    enum store_result result = store_count(store, git_commit_id(head), &newest);
    if (result != STORE_DONE)
        return result;
    if (number < 1 || number > newest)
        return store_fail(STORE_REFUSED, "there are generations 1 to %zu, not %lu", newest, number);
    if (git_commit_nth_gen_ancestor(commit, head, (unsigned)(newest - number)) < 0)
        return store_git_failed("read an older generation");
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
    if (git_revparse_single(&object, store->repository, revision) < 0 ||
        git_object_peel((git_object **)commit, object, GIT_OBJECT_COMMIT) < 0)
        return store_fail(STORE_REFUSED, "no generation is called \"%s\"", revision);
    return STORE_DONE;
}

enum store_result store_show(struct store *store, const char *revision,
                             void (*each)(const struct store_generation *, void *context),
                             store_change_fn *change, void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    size_t number;
    enum store_result result = store_find(store, revision, &commit);
    if (result == STORE_DONE)
        result = store_count(store, git_commit_id(commit), &number);
    if (result != STORE_DONE)
        return result;
    struct store_generation generation = describe(commit, number);
    each(&generation, context);
    return store_commit_changes(store, commit, change, context);
}

enum store_result store_changes(struct store *store, const char *revision, store_change_fn *change,
                                void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    enum store_result result = store_find(store, revision, &commit);
    return result == STORE_DONE ? store_commit_changes(store, commit, change, context) : result;
}
