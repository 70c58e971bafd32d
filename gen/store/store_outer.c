/*
 * A fleet's outer trees: the top, sandboxes/, sandboxes/HH/. Fanned out, and changed as bytes, so
 * that one more commit costs the same among ten thousand sandboxes as alone.
 */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

void store_outer_forget(struct store *store) {
    struct store_outer *outer = &store->outer;
    buf_free(&outer->root);
    buf_free(&outer->all);
    for (size_t i = 0; i < 256; i++)
        buf_free(&outer->some[i]);
    *outer = (struct store_outer){0};
}

static size_t index_of(const char *sandbox) {
    char hh[3];
    object_fan_out(sandbox, hh);
    return strtoul(hh, NULL, 16);
}

static enum store_result read_tree(struct store *store, const struct object_id *id,
                                   struct buf *out) {
    GIT_CLEANUP(git_odb_object) git_odb_object *object = NULL;
    git_oid oid;
    if (!id)
        return STORE_DONE;
    oid = store_git_id(id);
    if (git_odb_read(&object, store_odb(store), &oid) < 0)
        return store_read_failed(store, "read a fleet's tree");
    if (git_odb_object_type(object) != GIT_OBJECT_TREE)
        return store_fail(STORE_FAILED, "can't read a fleet's tree: it is none");
    out->len = 0;
    buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    return STORE_DONE;
}

enum store_result store_outer_load(struct store *store, const char *sandbox) {
    struct store_outer *outer = &store->outer;
    enum store_result result = STORE_DONE;
    size_t i = index_of(sandbox);
    char hh[3];
    object_fan_out(sandbox, hh);
    if (!outer->loaded && store->tip.exists)
        result = read_tree(store, &store->tip.tree, &outer->root);
    if (!outer->loaded && result == STORE_DONE)
        result = read_tree(store, object_find_folder(&outer->root, "sandboxes"), &outer->all);
    outer->loaded = result == STORE_DONE;
    if (!outer->some_loaded[i] && result == STORE_DONE)
        result = read_tree(store, object_find_folder(&outer->all, hh), &outer->some[i]);
    outer->some_loaded[i] = result == STORE_DONE;
    return result;
}

const struct object_id *store_outer_find(struct store *store, const char *sandbox) {
    return object_find_folder(&store->outer.some[index_of(sandbox)], sandbox);
}

static struct object_id put_tree(struct store *store, const struct buf *tree) {
    struct object_id id = object_name(OBJECT_TREE, tree->data, tree->len);
    pack_add_plain(&store->pack, OBJECT_TREE, &id, tree->data, tree->len);
    return id;
}

void store_outer_set(struct store *store, const char *sandbox, const struct object_id *own,
                     struct object_id *root) {
    struct store_outer *outer = &store->outer;
    char hh[3];
    object_fan_out(sandbox, hh);
    struct buf *some = &outer->some[index_of(sandbox)];
    object_set_folder(some, sandbox, own);
    struct object_id id = put_tree(store, some);
    object_set_folder(&outer->all, hh, &id);
    id = put_tree(store, &outer->all);
    object_set_folder(&outer->root, "sandboxes", &id);
    *root = put_tree(store, &outer->root);
}
