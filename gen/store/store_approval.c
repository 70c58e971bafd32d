/* Approvals: what others than its author sign of a generation. */
#include "base/buf_raw.h"
#include "store/store_private.h"

enum { LONGEST = 16384 }; /* bytes: a signature by an RSA key of 16384 bits has a third of that */

static void name_of(const char *commit, const char *key, struct buf *name) {
    buf_printf(name, STORE_APPROVALS "/%s/%s", commit, key);
}

/* Its size is asked for before it is read: anybody may have pushed it. */
enum store_result store_read_approval(struct store *store, const char *commit, const char *key,
                                      struct buf *out) {
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    BUF_CLEANUP struct buf name = {0};
    git_odb *odb = store_odb(store);
    git_object_t type;
    size_t size = 0;
    git_oid id;
    name_of(commit, key, &name);
    if (!odb || git_reference_name_to_id(&id, store->repository, name.data) < 0 ||
        git_odb_read_header(&size, &type, odb, &id) < 0 || type != GIT_OBJECT_BLOB || size == 0 ||
        size > LONGEST || git_blob_lookup(&blob, store->repository, &id) < 0)
        return STORE_UNCHANGED;
    buf_add(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    return STORE_DONE;
}

enum store_result store_write_approval(struct store *store, const char *commit, const char *key,
                                       const struct buf *approval) {
    GIT_CLEANUP(git_reference) git_reference *reference = NULL;
    BUF_CLEANUP struct buf name = {0};
    git_oid id;
    name_of(commit, key, &name);
    if (git_blob_create_from_buffer(&id, store->repository, approval->data, approval->len) < 0 ||
        git_reference_create(&reference, store->repository, name.data, &id, true, NULL) < 0)
        return store_git_failed("write an approval");
    return STORE_DONE;
}
