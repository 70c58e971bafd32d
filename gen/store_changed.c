/*
 * What changed between two commits. libgit2 walks both trees to their last file, also where they
 * are the same, so that a fleet would cost as much as all its sandboxes: it is told where to look.
 */
#include "buf_raw.h"
#include "die.h"
#include "store_private.h"

#include <stdlib.h>

struct places {
    char **v;
    size_t n, cap;
};

static void free_places(struct places *places) {
    for (size_t i = 0; i < places->n; i++)
        free(places->v[i]);
    free(places->v);
}

static void add_place(struct places *places, const char *path) {
    if (places->n == places->cap) {
        places->cap = places->cap ? 2 * places->cap : 16;
        places->v = must_realloc(places->v, places->cap * sizeof *places->v);
    }
    places->v[places->n++] = must_copy(path);
}

static bool is_folder(const git_tree_entry *entry) {
    return entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

static bool same_entry(const git_tree_entry *a, const git_tree_entry *b) {
    return a && b && git_tree_entry_filemode(a) == git_tree_entry_filemode(b) &&
           git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b));
}

static enum store_result compare(struct store *store, const git_oid *old, const git_oid *new,
                                 const char *prefix, struct places *places);

/* old or new may be NULL, not both. */
static enum store_result compare_entry(struct store *store, const git_tree_entry *old,
                                       const git_tree_entry *new, const char *prefix,
                                       struct places *places) {
    BUF_CLEANUP struct buf path = {0};
    if (same_entry(old, new))
        return STORE_DONE;
    buf_printf(&path, "%s%s", prefix, git_tree_entry_name(new ? new : old));
    if (!is_folder(old) || !is_folder(new)) {
        add_place(places, path.data);
        return STORE_DONE;
    }
    buf_lit(&path, "/");
    return compare(store, git_tree_entry_id(old), git_tree_entry_id(new), path.data, places);
}

static enum store_result compare(struct store *store, const git_oid *old, const git_oid *new,
                                 const char *prefix, struct places *places) {
    GIT_CLEANUP(git_tree) git_tree *before = NULL;
    GIT_CLEANUP(git_tree) git_tree *after = NULL;
    enum store_result result = STORE_DONE;
    if (git_tree_lookup(&before, store->repository, old) < 0 ||
        git_tree_lookup(&after, store->repository, new) < 0)
        return store_git_failed("read a generation's tree");
    for (size_t i = 0; i < git_tree_entrycount(after) && result == STORE_DONE; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(after, i);
        result = compare_entry(store, git_tree_entry_byname(before, git_tree_entry_name(entry)),
                               entry, prefix, places);
    }
    for (size_t i = 0; i < git_tree_entrycount(before) && result == STORE_DONE; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(before, i);
        if (!git_tree_entry_byname(after, git_tree_entry_name(entry)))
            result = compare_entry(store, entry, NULL, prefix, places);
    }
    return result;
}

static enum store_result diff_trees(struct store *store, git_tree *old, git_tree *new,
                                    const struct places *places, store_change_fn *change,
                                    void *context) {
    GIT_CLEANUP(git_diff) git_diff *diff = NULL;
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    if (places) {
        options.flags |= GIT_DIFF_DISABLE_PATHSPEC_MATCH;
        options.pathspec.strings = places->v;
        options.pathspec.count = places->n;
    }
    if (git_diff_tree_to_tree(&diff, store->repository, old, new, &options) < 0)
        return store_git_failed("compare two generations");
    return store_each_change(diff, change, context);
}

enum store_result store_commit_changes(struct store *store, const git_commit *commit,
                                       store_change_fn *change, void *context) {
    GIT_CLEANUP(git_commit) git_commit *parent = NULL;
    GIT_CLEANUP(git_tree) git_tree *new = NULL;
    GIT_CLEANUP(git_tree) git_tree *old = NULL;
    struct places places = {0};
    if (git_commit_parentcount(commit) > 0 &&
        (git_commit_parent(&parent, commit, 0) < 0 || git_commit_tree(&old, parent) < 0))
        return store_git_failed("read the generation before");
    if (git_commit_tree(&new, commit) < 0)
        return store_git_failed("read a generation's tree");
    if (!old)
        return diff_trees(store, old, new, NULL, change, context);
    enum store_result result = compare(store, git_tree_id(old), git_tree_id(new), "", &places);
    if (result == STORE_DONE && places.n > 0) /* no places are all */
        result = diff_trees(store, old, new, &places, change, context);
    free_places(&places);
    return result;
}
