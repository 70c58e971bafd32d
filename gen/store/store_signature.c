/* Whose word a generation is, and where it stands. */
#include "base/buf_raw.h"
#include "store/store_private.h"

enum store_result store_signature(struct store *store, const char *revision, struct buf *signature,
                                  struct buf *signed_text) {
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    git_buf proof = {0}, text = {0};
    enum store_result result = store_find(store, revision, &commit);
    if (result != STORE_DONE)
        return result;
    git_oid id = *git_commit_id(commit);
    int error = git_commit_extract_signature(&proof, &text, store->repository, &id, NULL);
    if (error == GIT_ENOTFOUND)
        result = STORE_UNCHANGED;
    else if (error < 0)
        result = store_git_failed("read a signature");
    if (result == STORE_DONE) {
        buf_add(signature, proof.ptr, proof.size);
        buf_add(signed_text, text.ptr, text.size);
    }
    git_buf_dispose(&proof);
    git_buf_dispose(&text);
    return result;
}

enum store_result store_branch_of_newest(struct store *store, struct buf *name) {
    GIT_CLEANUP(git_reference) git_reference *reference = NULL;
    int error = git_repository_head(&reference, store->repository);
    if (error == GIT_EUNBORNBRANCH || error == GIT_ENOTFOUND)
        return store_fail(STORE_REFUSED, "%s has no generation yet", store->folder);
    if (error < 0)
        return store_git_failed("read HEAD");
    if (!git_reference_is_branch(reference))
        return store_fail(STORE_REFUSED, "HEAD of %s is detached; check a branch out",
                          store->folder);
    buf_str(name, git_reference_name(reference));
    return STORE_DONE;
}
