/* From a rendered tree to what its commit will be: in any thread, libgit2 in one at a time. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/embedded.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

static void note_change(const struct store_change *change, void *context) {
    struct store_draft *draft = context;
    if (draft->change_count == draft->change_cap) {
        draft->change_cap = draft->change_cap ? 2 * draft->change_cap : 128;
        draft->changes = must_realloc(draft->changes, draft->change_cap * sizeof *draft->changes);
    }
    draft->changes[draft->change_count] = *change;
    draft->changes[draft->change_count++].path = must_copy(change->path);
}

static void free_changes(struct store_draft *draft) {
    for (size_t i = 0; i < draft->change_count; i++)
        free((char *)(uintptr_t)draft->changes[i].path);
    free(draft->changes);
    draft->changes = NULL;
    draft->change_count = draft->change_cap = 0;
}

/* -- with the mutex -- */

static enum store_result find_before(struct store *store, struct store_draft *draft) {
    const struct object_id *before = store->tip.exists ? &store->tip.tree : NULL;
    if (store_is_fleet(store)) {
        enum store_result result = store_outer_load(store, draft->sandbox);
        if (result != STORE_DONE)
            return result;
        before = store_outer_find(store, draft->sandbox);
    }
    draft->had_before = before != NULL;
    if (before)
        draft->before = *before;
    return STORE_DONE;
}

static enum store_result read_spec(struct store *store, const struct store_draft *draft,
                                   struct buf *out) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    git_oid id = store_git_id(&draft->before);
    if (git_tree_lookup(&tree, store->repository, &id) < 0)
        return store_read_failed(store, "read the generation before");
    const git_tree_entry *entry = git_tree_entry_byname(tree, "spec.json");
    if (!entry)
        return STORE_DONE;
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
        return STORE_DONE;
    if (git_blob_lookup(&blob, store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(store, "read the spec of the generation before");
    buf_add(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    return STORE_DONE;
}

static enum store_result look_back(struct store *store, struct store_draft *draft, bool *needed,
                                   struct buf *spec) {
    enum store_result result = find_before(store, draft);
    if (result != STORE_DONE)
        return result;
    if (draft->had_before && object_same(&draft->before, &draft->own)) {
        object_hex(&store->tip.commit, draft->id.hex);
        return STORE_UNCHANGED;
    }
    result = store_compare_trees(store, draft->had_before ? &draft->before : NULL, &draft->snapshot,
                                 note_change, draft, needed);
    if (result == STORE_DONE && draft->had_before)
        result = read_spec(store, draft, spec);
    for (size_t i = 0; i < draft->snapshot.n; i++)
        needed[i] = needed[i] && !pack_has(&store->pack, &draft->snapshot.nodes[i].id);
    return result;
}

/* -- without -- */

/* Tree objects are mostly names of objects, which nothing compresses. */
static void pack_folder(struct store *store, const struct node *node) {
    pthread_mutex_lock(&store->mutex);
    pack_add_plain(&store->pack, OBJECT_TREE, &node->id,
                   node->entries.len ? node->entries.data : "", node->entries.len);
    pthread_mutex_unlock(&store->mutex);
}

static void pack_file(struct store *store, const struct node *node, struct deflater *deflater,
                      struct buf *stream) {
    const struct file *file = node->file;
    struct pack_object object = {.id = node->id, .type = OBJECT_BLOB, .size = file->data.len};
    if (file->shipped) {
        object.stream = file->shipped->stream;
        object.length = file->shipped->stream_length;
    } else {
        deflater_run(deflater, file->data.len ? file->data.data : "", file->data.len, stream);
        object.stream = (const unsigned char *)stream->data;
        object.length = stream->len;
    }
    pthread_mutex_lock(&store->mutex);
    pack_add(&store->pack, &object);
    pthread_mutex_unlock(&store->mutex);
}

static void pack_needed(struct store *store, const struct snapshot *snapshot, const bool *needed) {
    BUF_CLEANUP struct buf stream = {0};
    struct deflater *deflater = deflater_new(DEFLATE_FAST);
    for (size_t i = 0; i < snapshot->n; i++) {
        const struct node *node = &snapshot->nodes[i];
        if (needed[i] && node->file)
            pack_file(store, node, deflater, &stream);
        else if (needed[i])
            pack_folder(store, node);
    }
    deflater_free(deflater);
}

static void write_message(struct store_draft *draft, const struct buf *spec,
                          store_message_fn *message, void *context) {
    const struct store_before before = {draft->changes, draft->change_count, spec->data, spec->len};
    message(&before, context, &draft->message);
}

/* A fleet's drafts are many, and wait for each other. */
static void forget_checkout(struct store_draft *draft) {
    snapshot_free(&draft->snapshot);
    free_changes(draft);
    draft->tree = NULL;
}

enum store_result store_draft(struct store *store, const char *sandbox, const struct tree *tree,
                              store_message_fn *message, void *context, struct store_draft **out) {
    struct store_draft *draft = *out = must_alloc(sizeof *draft);
    BUF_CLEANUP struct buf spec = {0};
    draft->sandbox = must_copy(sandbox);
    draft->tree = tree;
    snapshot_make(tree, &draft->snapshot);
    draft->own = draft->snapshot.nodes[0].id;
    bool *needed = must_alloc(draft->snapshot.n * sizeof *needed);
    pthread_mutex_lock(&store->mutex);
    enum store_result result = look_back(store, draft, needed, &spec);
    pthread_mutex_unlock(&store->mutex);
    if (result == STORE_DONE && store->made && store_has_checkout(store) && !draft->had_before)
        draft->stage = store_stage_begin(store, &draft->snapshot);
    if (result == STORE_DONE) {
        write_message(draft, &spec, message, context);
        pack_needed(store, &draft->snapshot, needed);
    }
    free(needed);
    if (store_is_fleet(store)) {
        forget_checkout(draft);
        if (result == STORE_DONE)
            result = store_flush(store);
    }
    return result;
}

void store_draft_free(struct store_draft *draft) {
    if (!draft)
        return;
    store_stage_end(draft->stage);
    free_changes(draft);
    free(draft->sandbox);
    buf_free(&draft->message);
    snapshot_free(&draft->snapshot);
    free(draft);
}

bool store_draft_overtaken(const struct store_draft *draft) {
    return draft->overtaken;
}

const struct store_id *store_draft_id(const struct store_draft *draft) {
    return &draft->id;
}
