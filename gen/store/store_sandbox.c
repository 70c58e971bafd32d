/* One sandbox of a generation: its tree, who wrote it, and what another tree would change in it. */
#include "store/store_private.h"

#include <string.h>

/* -- its tree -- */

enum store_result store_tree_of(struct store *store, const git_commit *commit, const char *sandbox,
                                struct object_id *id) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_tree_entry) git_tree_entry *entry = NULL;
    char hh[3], path[128];
    if (!store_is_fleet(store)) {
        *id = store_object_id(git_commit_tree_id(commit));
        return STORE_DONE;
    }
    object_fan_out(sandbox, hh);
    snprintf(path, sizeof path, "sandboxes/%s/%s", hh, sandbox);
    if (git_commit_tree(&tree, commit) < 0)
        return store_read_failed(store, "read a generation's tree");
    enum store_result result = store_entry_at(store, tree, path, &entry);
    if (result == STORE_DONE)
        *id = store_object_id(git_tree_entry_id(entry));
    return result;
}

/* The oldest commit, from this one back, that has the same tree for the sandbox. */
enum store_result store_wrote(struct store *store, const git_commit *from, const char *sandbox,
                              git_commit **wrote) {
    struct object_id wanted, id;
    git_commit *found = NULL, *parent = NULL;
    enum store_result result = store_tree_of(store, from, sandbox, &wanted);
    if (result != STORE_DONE)
        return result;
    if (git_commit_dup(&found, (git_commit *)from) < 0)
        return store_git_failed("read the history");
    while ((result = store_parent(store, found, &parent)) == STORE_DONE) {
        result = store_tree_of(store, parent, sandbox, &id);
        if (result != STORE_DONE || !object_same(&id, &wanted)) {
            git_commit_free(parent);
            break;
        }
        git_commit_free(found);
        found = parent;
    }
    if (result == STORE_DONE || result == STORE_UNCHANGED) {
        *wrote = found;
        return STORE_DONE;
    }
    git_commit_free(found);
    return result;
}

/* -- which ones there are -- */

static enum store_result each_below(struct store *store, const git_tree_entry *fan,
                                    enum store_result (*each)(const char *, void *),
                                    void *context) {
    GIT_CLEANUP(git_tree) git_tree *some = NULL;
    enum store_result result = STORE_DONE;
    if (git_tree_entry_type(fan) != GIT_OBJECT_TREE)
        return STORE_DONE;
    if (git_tree_lookup(&some, store->repository, git_tree_entry_id(fan)) < 0)
        return store_read_failed(store, "read a fleet's tree");
    for (size_t i = 0; i < git_tree_entrycount(some) && result == STORE_DONE; i++)
        result = each(git_tree_entry_name(git_tree_entry_byindex(some, i)), context);
    return result;
}

enum store_result store_each_sandbox(struct store *store, const char *revision,
                                     enum store_result (*each)(const char *sandbox, void *context),
                                     void *context) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    GIT_CLEANUP(git_tree) git_tree *top = NULL;
    GIT_CLEANUP(git_tree) git_tree *all = NULL;
    enum store_result result = store_find(store, revision, &commit);
    if (result != STORE_DONE)
        return result;
    if (!store_is_fleet(store))
        return each(NULL, context);
    if (git_commit_tree(&top, commit) < 0)
        return store_read_failed(store, "read a fleet's tree");
    const git_tree_entry *entry = git_tree_entry_byname(top, "sandboxes");
    if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_TREE)
        return STORE_DONE;
    if (git_tree_lookup(&all, store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(store, "read a fleet's tree");
    for (size_t i = 0; i < git_tree_entrycount(all) && result == STORE_DONE; i++)
        result = each_below(store, git_tree_entry_byindex(all, i), each, context);
    return result;
}

/* -- another tree in its place -- */

/* The version in a commit's trailer; "" when there is none. */
static void read_version(const git_commit *commit, char *version, size_t n) {
    const char *trailer = NULL;
    for (const char *next = git_commit_message(commit);
         (next = strstr(next, "\n" GENERATOR_TRAILER)); next++)
        trailer = next + sizeof "\n" GENERATOR_TRAILER - 1;
    snprintf(version, n, "%.*s", trailer ? (int)strcspn(trailer, "\n") : 0, trailer ? trailer : "");
}

enum store_result store_reproduce(struct store *store, const char *revision, const char *sandbox,
                                  const struct tree *tree, store_change_fn *each, void *context,
                                  struct store_reproduction *out) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    GIT_CLEANUP(git_commit) git_commit *wrote = NULL;
    SNAPSHOT_CLEANUP struct snapshot rendered = {0};
    struct object_id committed;
    enum store_result result = store_find(store, revision, &commit);
    if (result == STORE_DONE)
        result = store_tree_of(store, commit, sandbox, &committed);
    if (result == STORE_DONE)
        result = store_wrote(store, commit, sandbox, &wrote);
    if (result != STORE_DONE)
        return result;
    git_oid_tostr(out->commit.hex, sizeof out->commit.hex, git_commit_id(commit));
    object_hex(&committed, out->committed.hex);
    read_version(wrote, out->version, sizeof out->version);
    if (!tree)
        return STORE_DONE;
    snapshot_make(tree, &rendered);
    object_hex(&rendered.nodes[0].id, out->rendered.hex);
    if (object_same(&committed, &rendered.nodes[0].id))
        return STORE_UNCHANGED;
    return store_compare_trees(store, &committed, &rendered, each, context, NULL);
}
