/* What an open store says of itself, in one step. */
#include "base/die.h"
#include "store/store_private.h"

#include <string.h>

struct object_id store_object_id(const git_oid *id) {
    struct object_id own;
    memcpy(own.bytes, id->id, sizeof own.bytes);
    return own;
}

git_oid store_git_id(const struct object_id *id) {
    git_oid theirs;
    memset(&theirs, 0, sizeof theirs);
    memcpy(theirs.id, id->bytes, sizeof id->bytes);
    return theirs;
}

git_odb *store_odb(struct store *store) {
    if (!store->odb && git_repository_odb(&store->odb, store->repository) < 0)
        die("libgit2 opens no objects");
    return store->odb;
}

bool store_is_fleet(const struct store *store) {
    return store->fleet;
}

bool store_has_checkout(const struct store *store) {
    return !git_repository_is_bare(store->repository);
}

const char *store_by_hand(const struct store *store) {
    return store->by_hand;
}

const char *store_folder(const struct store *store) {
    return store->folder;
}

void store_sign_with(struct store *store, const struct store_signer *signer) {
    if (store)
        store->signer = signer;
}

enum store_result store_head(struct store *store, git_commit **head) {
    GIT_CLEANUP(git_reference) git_reference *reference = NULL;
    int error = git_repository_head(&reference, store->repository);
    *head = NULL;
    if (error == GIT_EUNBORNBRANCH || error == GIT_ENOTFOUND)
        return STORE_DONE;
    if (error < 0 ||
        git_commit_lookup(head, store->repository, git_reference_target(reference)) < 0)
        return store_read_failed(store, "read the newest commit");
    return STORE_DONE;
}
