/* Reading one file of a generation. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

/* Not git_tree_entry_bypath(): a folder whose object is missing is nothing to it. */
enum store_result store_entry_at(struct store *store, const git_tree *tree, const char *path,
                                 git_tree_entry **entry) {
    GIT_CLEANUP(git_tree) git_tree *below = NULL;
    CHAR_CLEANUP char *name = must_copy(path);
    size_t n = strcspn(path, "/");
    name[n] = '\0';
    const git_tree_entry *found = git_tree_entry_byname(tree, name);
    if (!found || (path[n] && git_tree_entry_type(found) != GIT_OBJECT_TREE))
        return STORE_UNCHANGED;
    if (!path[n])
        return git_tree_entry_dup(entry, found) < 0 ? store_git_failed("read a tree") : STORE_DONE;
    if (git_tree_lookup(&below, store->repository, git_tree_entry_id(found)) < 0)
        return store_read_failed(store, "read a generation's tree");
    return store_entry_at(store, below, path + n + 1, entry);
}

static void path_in_tree(const struct store *store, const char *sandbox, const char *path,
                         struct buf *out) {
    char hh[3];
    if (store_is_fleet(store)) {
        object_fan_out(sandbox, hh);
        buf_printf(out, "sandboxes/%s/%s/", hh, sandbox);
    }
    buf_printf(out, "%s", path);
}

enum store_result store_read_file(struct store *store, const char *revision, const char *sandbox,
                                  const char *path, struct buf *out) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_tree_entry) git_tree_entry *entry = NULL;
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    BUF_CLEANUP struct buf whole = {0};
    enum store_result result =
        revision ? store_find(store, revision, &commit) : store_head(store, &commit);
    if (result != STORE_DONE)
        return result;
    if (!commit)
        return STORE_UNCHANGED;
    path_in_tree(store, sandbox, path, &whole);
    if (git_commit_tree(&tree, commit) < 0)
        return store_read_failed(store, "read a generation's tree");
    result = store_entry_at(store, tree, whole.data, &entry);
    if (result != STORE_DONE || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
        return result == STORE_DONE ? STORE_UNCHANGED : result;
    if (git_blob_lookup(&blob, store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(store, "read a generation's file");
    buf_add(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    return STORE_DONE;
}

/* -- a whole tree -- */

struct loading {
    struct store *store;
    struct tree *tree;
};

static int load_entry(const char *folder, const git_tree_entry *entry, void *context) {
    struct loading *loading = context;
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf data = {0};
    if (git_tree_entry_type(entry) == GIT_OBJECT_COMMIT) {
        store_fail(STORE_REFUSED, "%s%s is a submodule there, and no checkout of ours has one",
                   folder, git_tree_entry_name(entry));
        return GIT_EUSER;
    }
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
        return 0;
    if (git_blob_lookup(&blob, loading->store->repository, git_tree_entry_id(entry)) < 0)
        return -1;
    buf_printf(&path, "%s%s", folder, git_tree_entry_name(entry));
    buf_add(&data, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    if (git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK)
        tree_add_link(loading->tree, path.data, &data);
    else
        tree_add(loading->tree, path.data,
                 git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE, &data);
    return 0;
}

enum store_result store_load_tree(struct store *store, const struct object_id *root,
                                  struct tree *tree) {
    GIT_CLEANUP(git_tree) git_tree *top = NULL;
    struct loading loading = {store, tree};
    git_oid id = store_git_id(root);
    int error = git_tree_lookup(&top, store->repository, &id);
    if (error == 0)
        error = git_tree_walk(top, GIT_TREEWALK_PRE, load_entry, &loading);
    if (error == GIT_EUSER)
        return STORE_REFUSED;
    return error < 0 ? store_read_failed(store, "read a generation's tree") : STORE_DONE;
}

enum store_result store_load_sandbox(struct store *store, const char *sandbox, struct tree *tree,
                                     struct store_id *id) {
    if (!store_is_fleet(store))
        return store_fail(STORE_REFUSED, "%s holds one sandbox%s", store->folder,
                          store_has_checkout(store) ? ", checked out already"
                                                    : "; git clone gives it a work tree");
    enum store_result result = store_outer_load(store, sandbox);
    const struct object_id *root = result == STORE_DONE ? store_outer_find(store, sandbox) : NULL;
    if (result == STORE_DONE && !root)
        return store_fail(STORE_REFUSED, "no sandbox is called \"%s\" in %s", sandbox,
                          store->folder);
    if (result != STORE_DONE)
        return result;
    object_hex(&store->tip.commit, id->hex);
    return store_load_tree(store, root, tree);
}

enum store_result store_need_work_tree(const struct store *store) {
    if (!store_has_checkout(store))
        return store_fail(STORE_REFUSED, "%s is bare: it has no work tree; give another folder",
                          store->folder);
    if (store_is_fleet(store))
        return store_fail(STORE_REFUSED, "%s holds a fleet; give another folder", store->folder);
    return STORE_DONE;
}
