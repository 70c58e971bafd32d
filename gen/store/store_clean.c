/* A checkout that is not as committed holds somebody's work: it is never overwritten. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "store/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* -- what an interrupted run left -- */

/* A run that was killed had moved the branch, and the checkout was following: each file is as in
 * the generation before or as in the newest one, and so is the index. */
struct interrupted {
    struct store *store;
    struct store_draft draft; /* from the generation before to the newest */
    struct tree tree;         /* the newest */
    git_tree *before, *now;
};

static void free_interrupted(struct interrupted *in) {
    for (size_t i = 0; i < in->draft.change_count; i++)
        free((char *)(uintptr_t)in->draft.changes[i].path);
    free(in->draft.changes);
    snapshot_free(&in->draft.snapshot);
    tree_free(&in->tree);
    git_tree_free(in->before);
    git_tree_free(in->now);
}

static void note_change(const struct store_change *change, void *context) {
    struct store_draft *draft = context;
    draft->changes =
        must_realloc(draft->changes, (draft->change_count + 1) * sizeof *draft->changes);
    draft->changes[draft->change_count] = *change;
    draft->changes[draft->change_count++].path = must_copy(change->path);
}

static enum store_result look_at_newest(struct interrupted *in) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    GIT_CLEANUP(git_commit) git_commit *parent = NULL;
    struct object_id before;
    struct store_draft *draft = &in->draft;
    enum store_result result = store_head(in->store, &head);
    if (result != STORE_DONE || !head)
        return result == STORE_DONE ? STORE_REFUSED : result;
    result = store_parent(in->store, head, &parent);
    if (result != STORE_DONE && result != STORE_UNCHANGED)
        return result;
    if (git_commit_tree(&in->now, head) < 0 || (parent && git_commit_tree(&in->before, parent) < 0))
        return store_read_failed(in->store, "read the newest generation");
    struct object_id root = store_object_id(git_commit_tree_id(head));
    if ((result = store_load_tree(in->store, &root, &in->tree)) != STORE_DONE)
        return result;
    draft->tree = &in->tree;
    snapshot_make(&in->tree, &draft->snapshot);
    draft->had_before = in->before != NULL;
    if (in->before)
        before = store_object_id(git_tree_id(in->before));
    return store_compare_trees(in->store, in->before ? &before : NULL, &draft->snapshot,
                               note_change, draft, NULL);
}

static const char *path_of(const git_status_entry *entry) {
    const git_diff_delta *delta =
        entry->index_to_workdir ? entry->index_to_workdir : entry->head_to_index;
    return delta->new_file.path;
}

/* The blob at path; zeros when there is none. */
static git_oid blob_at(const git_tree *tree, const char *path) {
    GIT_CLEANUP(git_tree_entry) git_tree_entry *entry = NULL;
    git_oid none;
    memset(&none, 0, sizeof none);
    if (!tree || git_tree_entry_bypath(&entry, tree, path) < 0)
        return none;
    return *git_tree_entry_id(entry);
}

static bool file_passes(const struct interrupted *in, const char *path) {
    BUF_CLEANUP struct buf whole = {0};
    struct stat st;
    git_oid before = blob_at(in->before, path), now = blob_at(in->now, path);
    buf_printf(&whole, "%s%s", git_repository_workdir(in->store->repository), path);
    if (lstat(whole.data, &st) < 0)
        return errno == ENOENT && (git_oid_is_zero(&before) || git_oid_is_zero(&now));
    if (S_ISREG(st.st_mode) &&
        st.st_size == 0) /* the power went before its bytes were on the disk */
        return true;
    return store_file_is(whole.data, &st, &before, &now);
}

static bool staged_passes(const struct interrupted *in, const git_diff_delta *delta) {
    git_oid before = blob_at(in->before, delta->new_file.path), none;
    memset(&none, 0, sizeof none);
    return git_oid_equal(delta->status == GIT_DELTA_DELETED ? &none : &delta->new_file.id, &before);
}

static bool is_changed(const struct interrupted *in, const char *path) {
    for (size_t i = 0; i < in->draft.change_count; i++)
        if (strcmp(in->draft.changes[i].path, path) == 0)
            return true;
    return false;
}

static bool entry_passes(const struct interrupted *in, const git_status_entry *entry) {
    const char *path = path_of(entry);
    return is_changed(in, path) && file_passes(in, path) &&
           (!entry->head_to_index || staged_passes(in, entry->head_to_index));
}

static enum store_result tree_of(struct store *store, const struct object_id *commit,
                                 git_tree **tree) {
    GIT_CLEANUP(git_commit) git_commit *found = NULL;
    git_oid id = store_git_id(commit);
    if (git_oid_is_zero(&id))
        return STORE_DONE;
    if (git_commit_lookup(&found, store->repository, &id) < 0 || git_commit_tree(tree, found) < 0)
        return store_read_failed(store, "read the newest generation");
    return STORE_DONE;
}

/* The same in a fleet's work tree. */
static enum store_result finish_fleet(struct store *store, git_status_list *list) {
    struct interrupted in = {.store = store};
    struct object_id before, now = store->tip.commit;
    if (!store->tip.exists || !store_was_following(store, &before, &now))
        return STORE_REFUSED;
    enum store_result result = tree_of(store, &before, &in.before);
    if (result == STORE_DONE)
        result = tree_of(store, &now, &in.now);
    for (size_t i = 0; result == STORE_DONE && i < git_status_list_entrycount(list); i++) {
        const git_status_entry *entry = git_status_byindex(list, i);
        git_oid was = blob_at(in.before, path_of(entry)), is = blob_at(in.now, path_of(entry));
        if (git_oid_equal(&was, &is) || !file_passes(&in, path_of(entry)) ||
            (entry->head_to_index && !staged_passes(&in, entry->head_to_index)))
            result = STORE_REFUSED;
    }
    if (result == STORE_DONE)
        result = store_follow_fleet(store, &before, &now, true);
    store->finished = result == STORE_DONE;
    free_interrupted(&in);
    return result;
}

/* STORE_REFUSED: it was not interrupted; this is somebody's work. */
static enum store_result finish_interrupted(struct store *store, git_status_list *list) {
    if (store->fleet)
        return finish_fleet(store, list);
    struct interrupted in = {.store = store};
    enum store_result result = look_at_newest(&in);
    for (size_t i = 0; result == STORE_DONE && i < git_status_list_entrycount(list); i++)
        if (!entry_passes(&in, git_status_byindex(list, i)))
            result = STORE_REFUSED;
    if (result == STORE_DONE) {
        store->finished = true; /* what it has written already is in nobody's way */
        result = store_check_room(store, &in.draft);
        result = result == STORE_REFUSED ? STORE_FAILED : result;
    }
    if (result == STORE_DONE)
        result = store_follow(store, &in.draft);
    free_interrupted(&in);
    return result;
}

/* -- the check -- */

static bool is_sparse(struct store *store, const char *path) {
    GIT_CLEANUP(git_index) git_index *index = NULL;
    if (git_repository_index(&index, store->repository) < 0)
        return false;
    const git_index_entry *entry = git_index_get_bypath(index, path, 0);
    return entry && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE);
}

enum store_result store_check_clean(struct store *store) {
    GIT_CLEANUP(git_status_list) git_status_list *list = NULL;
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS;
    if (git_status_list_new(&list, store->repository, &options) < 0)
        return store_index_failed(store, "read the checkout's state");
    if (git_status_list_entrycount(list) == 0)
        return STORE_DONE;
    enum store_result result = finish_interrupted(store, list);
    if (result != STORE_REFUSED)
        return result;
    if (is_sparse(store, path_of(git_status_byindex(list, 0))))
        return store_fail(STORE_REFUSED,
                          "%s has a sparse checkout, and a render needs all of it; get that with: "
                          "git -C %s sparse-checkout disable",
                          store->folder, store->folder);
    return store_fail(
        STORE_REFUSED,
        "%s has changes that are not committed (%s is one); commit them elsewhere, or "
        "take them away: what is rendered comes from a spec alone",
        store->folder, path_of(git_status_byindex(list, 0)));
}
