/* A commit of a repository that was just fetched, with all that it holds: as one text (git/kept.h).
 * What another has written is copied as bytes: nothing is checked out, no setting is read. */
#include "base/buf_raw.h"
#include "git/kept.h"
#include "store/store_private.h"

#include <string.h>

struct keeping {
    git_repository *repository;
    git_odb *odb;
    struct buf *text;
    size_t objects, depth;
};

static enum store_result too_much(void) {
    return store_fail(
        STORE_REFUSED,
        "it has more than %d MiB, %d files or %d folders in each other; keep bases in "
        "a repository of their own",
        KEPT_MAX >> 20, KEPT_OBJECTS, KEPT_DEEP);
}

/* Its length is asked first: few bytes can be many, deflated. */
static enum store_result keep_object(struct keeping *k, const git_oid *id, git_object_t wanted,
                                     git_odb_object **object) {
    size_t n;
    git_object_t type;
    if (git_odb_read_header(&n, &type, k->odb, id) < 0 || type != wanted)
        return store_git_failed("read what was fetched");
    if (n > KEPT_MAX - k->text->len || ++k->objects > KEPT_OBJECTS)
        return too_much();
    if (git_odb_read(object, k->odb, id) < 0)
        return store_git_failed("read what was fetched");
    kept_add(k->text,
             wanted == GIT_OBJECT_COMMIT ? OBJECT_COMMIT
             : wanted == GIT_OBJECT_TREE ? OBJECT_TREE
                                         : OBJECT_BLOB,
             git_odb_object_data(*object), git_odb_object_size(*object));
    return k->text->len > KEPT_MAX ? too_much() : STORE_DONE;
}

static enum store_result keep_tree(struct keeping *k, const git_oid *id) {
    GIT_CLEANUP(git_odb_object) git_odb_object *object = NULL;
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    enum store_result result = keep_object(k, id, GIT_OBJECT_TREE, &object);
    if (++k->depth > KEPT_DEEP && result == STORE_DONE)
        result = too_much();
    if (result == STORE_DONE && git_tree_lookup(&tree, k->repository, id) < 0)
        result = store_git_failed("read what was fetched");
    for (size_t i = 0; result == STORE_DONE && i < git_tree_entrycount(tree); i++) {
        GIT_CLEANUP(git_odb_object) git_odb_object *blob = NULL;
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
            result = keep_tree(k, git_tree_entry_id(entry));
        else if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
            result = keep_object(k, git_tree_entry_id(entry), GIT_OBJECT_BLOB, &blob);
    }
    k->depth--;
    return result;
}

static enum store_result keep_commit(struct keeping *k, const git_oid *id) {
    GIT_CLEANUP(git_odb_object) git_odb_object *object = NULL;
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    enum store_result result = keep_object(k, id, GIT_OBJECT_COMMIT, &object);
    if (result == STORE_DONE && git_commit_lookup(&commit, k->repository, id) < 0)
        result = store_git_failed("read what was fetched");
    return result == STORE_DONE ? keep_tree(k, git_commit_tree_id(commit)) : result;
}

enum store_result store_keep(const char *folder, const char *revision, struct store_id *id,
                             struct buf *text) {
    GIT_CLEANUP(git_repository) git_repository *repository = NULL;
    GIT_CLEANUP(git_object) git_object *object = NULL, *commit = NULL;
    GIT_CLEANUP(git_odb) git_odb *odb = NULL;
    store_start_library();
    if (git_repository_open_bare(&repository, folder) < 0 ||
        git_repository_odb(&odb, repository) < 0)
        return store_git_failed("open what was fetched");
    if (git_revparse_single(&object, repository, revision) < 0 ||
        git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
        return store_fail(STORE_REFUSED, "it is no commit that the repository gives");
    git_oid_tostr(id->hex, sizeof id->hex, git_object_id(commit));
    struct keeping keeping = {.repository = repository, .odb = odb, .text = text};
    return keep_commit(&keeping, git_object_id(commit));
}
