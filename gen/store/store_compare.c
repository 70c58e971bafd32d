/* What differs between a committed tree and a rendered one: by the objects' names, so only folders
 * that differ are read. */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <string.h>

struct comparison {
    struct store *store;
    const struct snapshot *snapshot;
    store_change_fn *each;
    void *context;
    bool *needed;
};

/* A name as git sorts it among its siblings: a folder's with a slash behind it. */
struct place {
    const char *name;
    size_t n;
    bool folder;
};

static int character(const struct place *p, size_t i) {
    if (i < p->n)
        return (unsigned char)p->name[i];
    return p->folder && i == p->n ? '/' : -1;
}

static int compare_places(const struct place *a, const struct place *b) {
    size_t least = a->n < b->n ? a->n : b->n;
    int order = memcmp(a->name, b->name, least);
    return order ? order : character(a, least) - character(b, least);
}

static void tell(struct comparison *c, const struct store_change *change) {
    if (c->each)
        c->each(change, c->context);
}

/* -- one side only -- */

static void added(struct comparison *c, size_t at) {
    for (size_t i = at; i < c->snapshot->nodes[at].end; i++) {
        const struct node *node = &c->snapshot->nodes[i];
        if (c->needed)
            c->needed[i] = true;
        if (node->file)
            tell(c, &(struct store_change){STORE_ADDED, node->file->path, 0, 0});
    }
}

static enum store_result removed(struct comparison *c, const git_tree_entry *entry,
                                 const char *folder) {
    BUF_CLEANUP struct buf path = {0};
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    enum store_result result = STORE_DONE;
    buf_printf(&path, "%s%s", folder, git_tree_entry_name(entry));
    if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
        tell(c, &(struct store_change){STORE_REMOVED, path.data, 0, 0});
        return STORE_DONE;
    }
    buf_char(&path, '/');
    if (git_tree_lookup(&tree, c->store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(c->store, "read a tree");
    for (size_t i = 0; result == STORE_DONE && i < git_tree_entrycount(tree); i++)
        result = removed(c, git_tree_entry_byindex(tree, i), path.data);
    return result;
}

/* -- both -- */

enum store_result store_count_lines(struct store *store, const git_oid *old, const void *new,
                                    size_t n, struct store_change *change) {
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    GIT_CLEANUP(git_patch) git_patch *patch = NULL;
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.context_lines = 0;
    if (git_blob_lookup(&blob, store->repository, old) < 0)
        return store_read_failed(store, "compare two files");
    if (git_patch_from_buffers(&patch, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob),
                               NULL, n ? new : "", n, NULL, &options) < 0 ||
        (patch &&
         git_patch_line_stats(NULL, &change->lines_added, &change->lines_removed, patch) < 0))
        return store_git_failed("compare two files");
    return STORE_DONE;
}

static enum store_result compare_folder(struct comparison *c, const git_oid *old, size_t at);

static enum store_result compare_entry(struct comparison *c, const git_tree_entry *entry,
                                       size_t at) {
    const struct node *node = &c->snapshot->nodes[at];
    const git_oid *old = git_tree_entry_id(entry);
    bool same = memcmp(old->id, node->id.bytes, sizeof node->id.bytes) == 0;
    if (!node->file)
        return same ? STORE_DONE : compare_folder(c, old, at);
    if (same && git_tree_entry_filemode(entry) == store_mode_of(node->file))
        return STORE_DONE;
    struct store_change change = {STORE_CHANGED, node->file->path, 0, 0};
    enum store_result result = STORE_DONE;
    if (!same && c->each && git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
        result =
            store_count_lines(c->store, old, node->file->data.data, node->file->data.len, &change);
    if (c->needed && !same)
        c->needed[at] = true;
    if (result == STORE_DONE)
        tell(c, &change);
    return result;
}

static enum store_result compare_folder(struct comparison *c, const git_oid *old, size_t at) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    BUF_CLEANUP struct buf folder = {0};
    const struct node *nodes = c->snapshot->nodes;
    size_t i = at + 1, k = 0, end = nodes[at].end;
    enum store_result result = STORE_DONE;
    if (git_tree_lookup(&tree, c->store->repository, old) < 0)
        return store_read_failed(c->store, "read a tree");
    if (c->needed)
        c->needed[at] = true;
    buf_add(&folder, nodes[at].path, nodes[at].path_length);
    if (folder.len)
        buf_char(&folder, '/');
    while (result == STORE_DONE && (i < end || k < git_tree_entrycount(tree))) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, k);
        struct place there = {0}, here = {0};
        if (entry)
            there = (struct place){git_tree_entry_name(entry), strlen(git_tree_entry_name(entry)),
                                   git_tree_entry_type(entry) == GIT_OBJECT_TREE};
        if (i < end) {
            here.name = node_name(&nodes[i], &here.n);
            here.folder = !nodes[i].file;
        }
        int order = i == end ? 1 : !entry ? -1 : compare_places(&here, &there);
        if (order < 0)
            added(c, i);
        else if (order > 0)
            result = removed(c, entry, folder.data ? folder.data : "");
        else
            result = compare_entry(c, entry, i);
        i = order <= 0 ? nodes[i].end : i;
        k += order >= 0;
    }
    return result;
}

enum store_result store_compare_trees(struct store *store, const struct object_id *before,
                                      const struct snapshot *snapshot, store_change_fn *each,
                                      void *context, bool *needed) {
    struct comparison c = {store, snapshot, each, context, needed};
    if (!before) {
        added(&c, 0);
        return STORE_DONE;
    }
    if (object_same(before, &snapshot->nodes[0].id))
        return STORE_DONE;
    git_oid old = store_git_id(before);
    return compare_folder(&c, &old, 0);
}

/* The tree of the sandbox's newest generation; NULL: it has none. */
static enum store_result tree_before(struct store *store, const char *sandbox,
                                     const struct object_id **before) {
    *before = store->tip.exists ? &store->tip.tree : NULL;
    if (!store_is_fleet(store))
        return STORE_DONE;
    enum store_result result = store_outer_load(store, sandbox);
    *before = result == STORE_DONE ? store_outer_find(store, sandbox) : NULL;
    return result;
}

enum store_result store_compare(struct store *store, const char *sandbox, const struct tree *tree,
                                store_change_fn *each, void *context) {
    SNAPSHOT_CLEANUP struct snapshot snapshot = {0};
    const struct object_id *before;
    enum store_result result = tree_before(store, sandbox, &before);
    if (result != STORE_DONE)
        return result;
    snapshot_make(tree, &snapshot);
    return store_compare_trees(store, before, &snapshot, each, context, NULL);
}

/* -- lines -- */

struct patches {
    struct store *store;
    const struct object_id *before;
    const struct tree *tree;
    FILE *out;
    enum store_result result;
};

static int print_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
                      const git_diff_line *line, void *out) {
    (void)delta, (void)hunk;
    if (line->origin == ' ' || line->origin == '+' || line->origin == '-')
        fputc(line->origin, out);
    fwrite(line->content, 1, line->content_len, out);
    return 0;
}

static enum store_result old_blob(const struct patches *patches, const char *path,
                                  git_blob **blob) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_tree_entry) git_tree_entry *entry = NULL;
    git_oid id = store_git_id(patches->before);
    if (git_tree_lookup(&tree, patches->store->repository, &id) < 0)
        return store_read_failed(patches->store, "read a generation's tree");
    enum store_result result = store_entry_at(patches->store, tree, path, &entry);
    if (result != STORE_DONE || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
        return result;
    if (git_blob_lookup(blob, patches->store->repository, git_tree_entry_id(entry)) < 0)
        return store_read_failed(patches->store, "read a generation's file");
    return STORE_DONE;
}

static void print_patch(const struct store_change *change, void *context) {
    struct patches *patches = context;
    GIT_CLEANUP(git_blob) git_blob *blob = NULL;
    GIT_CLEANUP(git_patch) git_patch *patch = NULL;
    const struct file *file = tree_find(patches->tree, change->path);
    const void *new = file ? (file->data.len ? file->data.data : "") : NULL;
    enum store_result found =
        change->status == STORE_ADDED ? STORE_DONE : old_blob(patches, change->path, &blob);
    const void *old = blob ? git_blob_rawcontent(blob) : NULL;
    if (found == STORE_REFUSED || found == STORE_FAILED)
        patches->result = found;
    else if (git_patch_from_buffers(&patch, old, blob ? (size_t)git_blob_rawsize(blob) : 0,
                                    change->path, new, file ? file->data.len : 0, change->path,
                                    NULL) < 0 ||
             (patch && git_patch_print(patch, print_line, patches->out) < 0))
        patches->result = store_git_failed("print a difference");
}

enum store_result store_print_patch(struct store *store, const char *sandbox,
                                    const struct tree *tree, FILE *out) {
    struct patches patches = {.store = store, .tree = tree, .out = out, .result = STORE_DONE};
    enum store_result result = tree_before(store, sandbox, &patches.before);
    if (result == STORE_DONE)
        result = store_compare(store, sandbox, tree, print_patch, &patches);
    return result == STORE_DONE ? patches.result : result;
}
