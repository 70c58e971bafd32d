#include "buf_raw.h"
#include "calendar.h"
#include "die.h"
#include "store_private.h"

#include <git2/sys/mempack.h>

#include <stdlib.h>
#include <string.h>

static void note_new(struct store *store, const git_oid *id) {
    if (store->new_count == store->new_cap) {
        store->new_cap = store->new_cap ? 2 * store->new_cap : 128;
        store->new_objects =
            must_realloc(store->new_objects, store->new_cap * sizeof *store->new_objects);
    }
    store->new_objects[store->new_count++] = *id;
}

enum store_result store_put(struct store *store, const void *data, size_t n, git_object_t type,
                            git_oid *id) {
    if (git_odb_hash(id, data, n, type) < 0)
        return store_git_failed("hash an object");
    if (git_odb_exists(store->odb, id))
        return STORE_DONE;
    if (git_odb_write(id, store->odb, data, n, type) < 0)
        return store_git_failed("keep an object");
    note_new(store, id);
    return STORE_DONE;
}

/* One entry of a tree object (gitformat-tree: "MODE NAME\0" and the id's bytes). */
static void add_entry(struct buf *tree, const char *mode, const char *name, size_t n,
                      const git_oid *id) {
    buf_printf(tree, "%s %.*s", mode, (int)n, name);
    buf_char(tree, '\0');
    buf_add(tree, id->id, GIT_OID_RAWSZ);
}

/* The files [*at, end) whose paths begin with the first prefix bytes of files[*at].path. Sorted by
 * plain bytes of the whole path is sorted as git wants it, folders taken as "name/". */
static enum store_result put_folder(struct store *store, const struct tree *tree, size_t *at,
                                    size_t prefix, git_oid *id) {
    BUF_CLEANUP struct buf entries = {0};
    const char *folder = tree->files[*at].path;
    while (*at < tree->n && strncmp(tree->files[*at].path, folder, prefix) == 0) {
        const struct file *file = &tree->files[*at];
        const char *name = file->path + prefix;
        size_t n = strcspn(name, "/");
        git_oid entry;
        enum store_result result;
        if (name[n] == '/') {
            result = put_folder(store, tree, at, prefix + n + 1, &entry);
            add_entry(&entries, "40000", name, n, &entry);
        } else {
            const char *data = file->data.len ? file->data.data : "";
            result = store_put(store, data, file->data.len, GIT_OBJECT_BLOB, &entry);
            add_entry(&entries, file->executable ? "100755" : "100644", name, n, &entry);
            ++*at;
        }
        if (result != STORE_DONE)
            return result;
    }
    return store_put(store, entries.data ? entries.data : "", entries.len, GIT_OBJECT_TREE, id);
}

enum store_result store_put_tree(struct store *store, const struct tree *tree, git_oid *id) {
    size_t at = 0;
    if (tree->n == 0)
        return store_put(store, "", 0, GIT_OBJECT_TREE, id);
    return put_folder(store, tree, &at, 0, id);
}

/* -- a fleet's outer trees -- */

/* The parent tree's entries with one folder replaced or added. parent may be NULL. */
static enum store_result put_with_folder(struct store *store, const git_tree *parent,
                                         const char *name, const git_oid *id, git_oid *out) {
    git_treebuilder *builder = NULL;
    git_oid new_tree;
    if (git_treebuilder_new(&builder, store->repository, parent) < 0 ||
        git_treebuilder_insert(NULL, builder, name, id, GIT_FILEMODE_TREE) < 0 ||
        git_treebuilder_write(&new_tree, builder) < 0) {
        git_treebuilder_free(builder);
        return store_git_failed("build a fleet's tree");
    }
    git_treebuilder_free(builder);
    /* The builder keeps it in memory; note it for the pack. */
    note_new(store, &new_tree);
    *out = new_tree;
    return STORE_DONE;
}

static git_tree *folder_in(struct store *store, const git_tree *tree, const char *name) {
    git_tree *found = NULL;
    const git_tree_entry *entry = tree ? git_tree_entry_byname(tree, name) : NULL;
    if (entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
        git_tree_lookup(&found, store->repository, git_tree_entry_id(entry));
    return found;
}

void store_fan_out(const char *sandbox, char hh[3]) {
    git_oid id;
    char hex[GIT_OID_HEXSZ + 1];
    if (git_odb_hash(&id, sandbox, strlen(sandbox), GIT_OBJECT_BLOB) < 0)
        die("git_odb_hash failed");
    git_oid_tostr(hex, sizeof hex, &id);
    memcpy(hh, hex, 2);
    hh[2] = '\0';
}

enum store_result store_put_root(struct store *store, const char *sandbox, const git_oid *own,
                                 const git_commit *head, git_oid *root) {
    if (!store_is_fleet(store)) {
        *root = *own;
        return STORE_DONE;
    }
    GIT_CLEANUP(git_tree) git_tree *top = NULL;
    char hh[3];
    store_fan_out(sandbox, hh);
    if (head && git_commit_tree(&top, head) < 0)
        return store_git_failed("read the fleet's tree");
    GIT_CLEANUP(git_tree) git_tree *all = folder_in(store, top, "sandboxes");
    GIT_CLEANUP(git_tree) git_tree *some = folder_in(store, all, hh);
    git_oid inner, outer;
    enum store_result result = put_with_folder(store, some, sandbox, own, &inner);
    if (result == STORE_DONE)
        result = put_with_folder(store, all, hh, &inner, &outer);
    if (result == STORE_DONE)
        result = put_with_folder(store, top, "sandboxes", &outer, root);
    return result;
}

/* -- the commit -- */

/* All new objects become one pack: one file to make durable instead of fifty. */
static enum store_result pack_new_objects(struct store *store) {
    GIT_CLEANUP(git_packbuilder) git_packbuilder *builder = NULL;
    BUF_CLEANUP struct buf folder = {0};
    if (git_packbuilder_new(&builder, store->repository) < 0)
        return store_git_failed("begin a pack");
    git_packbuilder_set_threads(builder, 1);
    for (size_t i = 0; i < store->new_count; i++)
        if (git_packbuilder_insert(builder, &store->new_objects[i], NULL) < 0)
            return store_git_failed("fill a pack");
    buf_printf(&folder, "%sobjects/pack", git_repository_commondir(store->repository));
    if (git_packbuilder_write(builder, folder.data, 0, NULL, NULL) < 0)
        return store_git_failed("write a pack");
    if (git_mempack_reset(store->memory) < 0 || git_odb_refresh(store->odb) < 0)
        return store_git_failed("read the new pack");
    store->new_count = 0;
    return STORE_DONE;
}

void store_sign_with(struct store *store, const struct store_signer *signer) {
    store->signer = signer;
}

/* The last header, each further line of it behind a blank. */
static void add_signature(const char *commit, const struct buf *signature, struct buf *out) {
    size_t headers = (size_t)(strstr(commit, "\n\n") - commit) + 1;
    buf_add(out, commit, headers);
    buf_str(out, "gpgsig");
    for (const char *line = signature->data; *line;) {
        size_t n = strcspn(line, "\n");
        buf_printf(out, " %.*s\n", (int)n, line);
        line += n + (line[n] != '\0');
    }
    buf_str(out, commit + headers);
}

static enum store_result put_commit(struct store *store, const git_buf *text, git_oid *id) {
    BUF_CLEANUP struct buf signature = {0};
    BUF_CLEANUP struct buf whole = {0};
    if (!store->signer)
        return store_put(store, text->ptr, text->size, GIT_OBJECT_COMMIT, id);
    if (!store->signer->sign(text->ptr, text->size, store->signer->context, &signature))
        return store_fail(STORE_FAILED, "the commit could not be signed; nothing was committed");
    add_signature(text->ptr, &signature, &whole);
    return store_put(store, whole.data, whole.len, GIT_OBJECT_COMMIT, id);
}

static enum store_result make_commit(struct store *store, const git_commit *head,
                                     const git_oid *root, const char *message, git_oid *id) {
    git_signature *signature = NULL;
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    git_buf text = {0};
    const git_commit *parents[] = {head};
    enum store_result result = STORE_FAILED;
    if (git_signature_new(&signature, "agent-sandbox", "agent-sandbox@localhost",
                          (git_time_t)calendar_now(), 0) < 0 ||
        git_tree_lookup(&tree, store->repository, root) < 0 ||
        git_commit_create_buffer(&text, store->repository, signature, signature, NULL, message,
                                 tree, head ? 1 : 0, parents) < 0)
        store_git_failed("write the commit");
    else
        result = put_commit(store, &text, id);
    git_buf_dispose(&text);
    git_signature_free(signature);
    return result;
}

/* Moves the branch only from where it was when the tree was compared. */
static enum store_result move_branch(struct store *store, const git_commit *head,
                                     const git_oid *id) {
    GIT_CLEANUP(git_reference) git_reference *symbolic = NULL;
    GIT_CLEANUP(git_reference) git_reference *moved = NULL;
    if (git_reference_lookup(&symbolic, store->repository, "HEAD") < 0)
        return store_git_failed("read HEAD");
    const char *branch = git_reference_symbolic_target(symbolic);
    if (!branch)
        return store_fail(STORE_REFUSED, "HEAD of %s is detached; check a branch out",
                          store->folder);
    int error = head ? git_reference_create_matching(&moved, store->repository, branch, id, 1,
                                                     git_commit_id(head), "render")
                     : git_reference_create(&moved, store->repository, branch, id, 0, "render");
    if (error == GIT_ELOCKED)
        return store_fail(STORE_FAILED,
                          "another process holds %s%s.lock; when none runs, it was killed: delete "
                          "that file and render again",
                          git_repository_path(store->repository), branch);
    if (error == GIT_EMODIFIED || error == GIT_EEXISTS)
        return store_fail(STORE_FAILED, "another process committed meanwhile; render again");
    return error < 0 ? store_git_failed("move the branch") : STORE_DONE;
}

static enum store_result follow(struct store *store, const git_commit *head, const git_oid *root) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_tree) git_tree *before = NULL;
    git_checkout_options options;
    git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    options.checkout_strategy =
        GIT_CHECKOUT_SAFE | GIT_CHECKOUT_RECREATE_MISSING | GIT_CHECKOUT_DONT_OVERWRITE_IGNORED;
    if (git_tree_lookup(&tree, store->repository, root) < 0)
        return store_git_failed("read the new tree");
    if (head) {
        if (git_commit_tree(&before, head) < 0)
            return store_git_failed("read the old tree");
        options.baseline = before;
    }
    if (git_checkout_tree(store->repository, (const git_object *)tree, &options) < 0)
        return store_git_failed("check the new tree out");
    return STORE_DONE;
}

/* Objects first, then the branch, then the checkout: whoever is killed between leaves the old
 * generation or the new one (store_clean.c finishes the last step). */
enum store_result store_commit_root(struct store *store, const git_commit *head,
                                    const git_oid *root, const char *message, git_oid *id) {
    enum store_result result = make_commit(store, head, root, message, id);
    if (result == STORE_DONE)
        result = pack_new_objects(store);
    if (result == STORE_DONE)
        result = move_branch(store, head, id);
    if (result == STORE_DONE && !store_is_fleet(store))
        result = follow(store, head, root);
    return result;
}

enum store_result store_commit(struct store *store, const char *sandbox, const struct tree *tree,
                               const char *message, struct store_id *out) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    git_oid own, root, id;
    enum store_result result = store_head(store, &head);
    if (result == STORE_DONE)
        result = store_put_tree(store, tree, &own);
    if (result == STORE_DONE)
        result = store_put_root(store, sandbox, &own, head, &root);
    if (result != STORE_DONE)
        return result;
    if (head)
        git_oid_tostr(out->hex, sizeof out->hex, git_commit_id(head));
    if (head && git_oid_equal(git_commit_tree_id(head), &root))
        return STORE_UNCHANGED;
    result = store_commit_root(store, head, &root, message, &id);
    if (result == STORE_DONE)
        git_oid_tostr(out->hex, sizeof out->hex, &id);
    return result;
}
