/* What changed between a generation and the one before it. Only folders that differ are read, so
 * that a fleet costs no more than what changed in it; and no index, nor attributes. */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <string.h>

struct changed {
    struct store *store;
    bool lines; /* are counted, and a fleet's sandboxes gone through; or only named */
    store_change_fn *each;
    void *context;
};

static bool is_folder(const git_tree_entry *entry) {
    return entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

static bool is_blob(const git_tree_entry *entry) {
    return git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
}

static bool same_entry(const git_tree_entry *a, const git_tree_entry *b) {
    return a && b && git_tree_entry_filemode(a) == git_tree_entry_filemode(b) &&
           git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b));
}

static enum store_result count_lines(const struct changed *c, const git_tree_entry *old,
                                     const git_tree_entry *new, struct store_change *change) {
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    if (git_blob_lookup(&blob, c->store->repository, git_tree_entry_id(new)) < 0)
        return store_read_failed(c->store, "compare two generations");
    return store_count_lines(c->store, git_tree_entry_id(old), git_blob_rawcontent(blob),
                             (size_t)git_blob_rawsize(blob), change);
}

static enum store_result compare(const struct changed *c, const git_oid *old, const git_oid *new,
                                 const char *prefix);

/* In sandboxes/HH/ stand sandboxes. */
static bool is_named(const struct changed *c, const char *prefix) {
    const char *slash = strchr(prefix, '/');
    return !c->lines && c->store->fleet && slash && strchr(slash + 1, '/');
}

/* old or new may be NULL, not both. */
static enum store_result compare_entry(const struct changed *c, const git_tree_entry *old,
                                       const git_tree_entry *new, const char *prefix) {
    BUF_CLEANUP struct buf path = {0};
    enum store_result result = STORE_DONE;
    if (same_entry(old, new))
        return STORE_DONE;
    buf_printf(&path, "%s%s", prefix, git_tree_entry_name(new ? new : old));
    if ((is_folder(old) || is_folder(new)) && !is_named(c, prefix)) {
        buf_lit(&path, "/");
        return compare(c, old ? git_tree_entry_id(old) : NULL, new ? git_tree_entry_id(new) : NULL,
                       path.data);
    }
    struct store_change change = {STORE_CHANGED, path.data, 0, 0};
    if (!old || !new)
        change.status = new ? STORE_ADDED : STORE_REMOVED;
    else if (c->lines && is_blob(old) && is_blob(new))
        result = count_lines(c, old, new, &change);
    if (result == STORE_DONE)
        c->each(&change, c->context);
    return result;
}

static enum store_result compare(const struct changed *c, const git_oid *old, const git_oid *new,
                                 const char *prefix) {
    GIT_CLEANUP(git_tree) git_tree *before = NULL;
    GIT_CLEANUP(git_tree) git_tree *after = NULL;
    enum store_result result = STORE_DONE;
    if ((old && git_tree_lookup(&before, c->store->repository, old) < 0) ||
        (new &&git_tree_lookup(&after, c->store->repository, new) < 0))
        return store_read_failed(c->store, "read a generation's tree");
    for (size_t i = 0, k = 0; result == STORE_DONE;) {
        const git_tree_entry *was = before ? git_tree_entry_byindex(before, i) : NULL;
        const git_tree_entry *is = after ? git_tree_entry_byindex(after, k) : NULL;
        if (!was && !is)
            break;
        int order = !was ? 1 : !is ? -1 : git_tree_entry_cmp(was, is);
        result = compare_entry(c, order <= 0 ? was : NULL, order >= 0 ? is : NULL, prefix);
        i += order <= 0;
        k += order >= 0;
    }
    return result;
}

static enum store_result changes(struct store *store, const git_commit *commit, bool lines,
                                 store_change_fn *change, void *context) {
    GIT_CLEANUP(git_commit) git_commit *parent = NULL;
    const struct changed c = {store, lines, change, context};
    enum store_result result = store_parent(store, commit, &parent);
    if (result != STORE_DONE && result != STORE_UNCHANGED)
        return result;
    return compare(&c, parent ? git_commit_tree_id(parent) : NULL, git_commit_tree_id(commit), "");
}

enum store_result store_show(struct store *store, const char *revision,
                             void (*each)(const struct store_generation *, void *context),
                             store_change_fn *change, void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    size_t number;
    enum store_result result = store_find(store, revision, &commit);
    if (result == STORE_DONE)
        result = store_count(store, commit, &number);
    if (result != STORE_DONE)
        return result;
    struct store_generation generation = store_describe(commit, number);
    each(&generation, context);
    return changes(store, commit, true, change, context);
}

enum store_result store_changes(struct store *store, const char *revision, store_change_fn *change,
                                void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    enum store_result result = store_find(store, revision, &commit);
    return result == STORE_DONE ? changes(store, commit, false, change, context) : result;
}
