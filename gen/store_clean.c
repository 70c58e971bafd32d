/* A checkout that is not as committed holds somebody's work: it is never overwritten. */
#include "store_private.h"

#include <string.h>

static enum store_result first_dirty(struct store *store, const char **path) {
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    GIT_CLEANUP(git_status_list) git_status_list *list = NULL;
    static char kept[512];
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED;
    *path = NULL;
    if (git_status_list_new(&list, store->repository, &options) < 0)
        return store_git_failed("read the checkout's state");
    if (git_status_list_entrycount(list) == 0)
        return STORE_DONE;
    const git_status_entry *entry = git_status_byindex(list, 0);
    const git_diff_delta *delta =
        entry->index_to_workdir ? entry->index_to_workdir : entry->head_to_index;
    snprintf(kept, sizeof kept, "%s", delta->new_file.path);
    *path = kept;
    return STORE_DONE;
}

static bool nothing_differs(git_diff *diff) {
    return diff && git_diff_num_deltas(diff) == 0;
}

/* Whether index and checkout are exactly the generation before: a run was killed after it had
 * moved the branch, and before the checkout followed. */
static bool was_interrupted(struct store *store, const git_commit *head, git_tree **before) {
    GIT_CLEANUP(git_commit) git_commit *parent = NULL;
    GIT_CLEANUP(git_index) git_index *index = NULL;
    GIT_CLEANUP(git_diff) git_diff *staged = NULL;
    GIT_CLEANUP(git_diff) git_diff *edited = NULL;
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_UNTRACKED;
    if (git_commit_parentcount(head) > 0 &&
        (git_commit_parent(&parent, head, 0) < 0 || git_commit_tree(before, parent) < 0))
        return false;
    if (git_repository_index(&index, store->repository) < 0)
        return false;
    git_diff_tree_to_index(&staged, store->repository, *before, index, NULL);
    git_diff_index_to_workdir(&edited, store->repository, index, &options);
    return nothing_differs(staged) && nothing_differs(edited);
}

static enum store_result finish_interrupted(struct store *store, const git_commit *head,
                                            git_tree *before) {
    git_checkout_options options;
    git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    options.checkout_strategy = GIT_CHECKOUT_SAFE | GIT_CHECKOUT_RECREATE_MISSING;
    options.baseline = before;
    if (git_commit_tree(&tree, head) < 0 ||
        git_checkout_tree(store->repository, (const git_object *)tree, &options) < 0)
        return store_git_failed("finish what an interrupted run began");
    return STORE_DONE;
}

enum store_result store_check_clean(struct store *store) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    GIT_CLEANUP(git_tree) git_tree *before = NULL;
    const char *path;
    enum store_result result = first_dirty(store, &path);
    if (result != STORE_DONE || !path)
        return result;
    if ((result = store_head(store, &head)) != STORE_DONE)
        return result;
    if (head && was_interrupted(store, head, &before))
        return finish_interrupted(store, head, before);
    return store_fail(
        STORE_REFUSED,
        "%s has changes that are not committed (%s is one); commit them elsewhere, or "
        "take them away: what is rendered comes from a spec alone",
        store->folder, path);
}
