/* Reading one file of a generation. */
#include "buf_raw.h"
#include "store_private.h"

static void path_in_tree(const struct store *store, const char *sandbox, const char *path,
                         struct buf *out) {
    char hh[3];
    if (store_is_fleet(store)) {
        store_fan_out(sandbox, hh);
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
        return store_git_failed("read a generation's tree");
    int error = git_tree_entry_bypath(&entry, tree, whole.data);
    if (error == GIT_ENOTFOUND)
        return STORE_UNCHANGED;
    if (error < 0 || git_blob_lookup(&blob, store->repository, git_tree_entry_id(entry)) < 0)
        return store_git_failed("read a generation's file");
    buf_add(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    return STORE_DONE;
}
