/*
 * What a repository holds: one sandbox, or a fleet of them. Its tree says so, in whatever clone,
 * bare or with a work tree. Where people have taken all of it away, an older generation says it.
 */
#include "store/store_private.h"

#include <string.h>

enum { LOOK_BACK = 1000 };

/* Every rendered tree has these at its top, and hardly another one has all of them. */
static const char *const marks[] = {"bin", "probes", "proxy", "sandbox.json", "spec.json"};

static bool is_sandbox(const git_tree *tree) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (!git_tree_entry_byname(tree, marks[i]))
            return false;
    return true;
}

static enum store_result look_up(struct store *store, const git_tree_entry *entry,
                                 git_tree **tree) {
    if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_TREE)
        return STORE_UNCHANGED;
    if (git_tree_lookup(tree, store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(store, "read a generation's tree");
    return STORE_DONE;
}

/* Whether one of its entries, NAME in sandboxes/HH, is a sandbox that belongs there. */
static enum store_result look_in_fan(struct store *store, const git_tree_entry *fan, bool *found) {
    GIT_CLEANUP(git_tree) git_tree *some = NULL;
    enum store_result result = look_up(store, fan, &some);
    for (size_t i = 0; result == STORE_DONE && !*found && i < git_tree_entrycount(some); i++) {
        GIT_CLEANUP(git_tree) git_tree *own = NULL;
        const git_tree_entry *entry = git_tree_entry_byindex(some, i);
        char hh[3];
        object_fan_out(git_tree_entry_name(entry), hh);
        if (strcmp(hh, git_tree_entry_name(fan)) != 0)
            continue;
        result = look_up(store, entry, &own);
        *found = result == STORE_DONE && is_sandbox(own);
        result = result == STORE_UNCHANGED ? STORE_DONE : result;
    }
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}

static enum store_result look_in_tree(struct store *store, const git_commit *commit,
                                      enum store_kind *kind) {
    GIT_CLEANUP(git_tree) git_tree *top = NULL;
    GIT_CLEANUP(git_tree) git_tree *all = NULL;
    bool fleet = false;
    if (git_commit_tree(&top, commit) < 0)
        return store_read_failed(store, "read a generation's tree");
    *kind = is_sandbox(top) ? KIND_SANDBOX : KIND_NONE;
    if (*kind == KIND_SANDBOX)
        return STORE_DONE;
    enum store_result result = look_up(store, git_tree_entry_byname(top, "sandboxes"), &all);
    for (size_t i = 0; result == STORE_DONE && !fleet && i < git_tree_entrycount(all); i++)
        result = look_in_fan(store, git_tree_entry_byindex(all, i), &fleet);
    if (fleet)
        *kind = KIND_FLEET;
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}

enum store_result store_find_kind(struct store *store, const git_commit *head,
                                  enum store_kind *kind) {
    git_commit *commit = NULL;
    enum store_result result = look_in_tree(store, head, kind);
    for (size_t i = 0; result == STORE_DONE && *kind == KIND_NONE && i < LOOK_BACK; i++) {
        git_commit *parent = NULL;
        result = store_parent(store, commit ? commit : head, &parent);
        git_commit_free(commit);
        commit = parent;
        if (result == STORE_DONE)
            result = look_in_tree(store, commit, kind);
    }
    git_commit_free(commit);
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}
