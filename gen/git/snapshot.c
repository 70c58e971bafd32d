#include "git/snapshot.h"
#include "base/die.h"
#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

static size_t add_node(struct snapshot *snapshot, const char *path, size_t length, size_t name_at) {
    if (snapshot->n == snapshot->cap) {
        snapshot->cap = snapshot->cap ? 2 * snapshot->cap : 128;
        snapshot->nodes = must_realloc(snapshot->nodes, snapshot->cap * sizeof *snapshot->nodes);
    }
    snapshot->nodes[snapshot->n] =
        (struct node){.path = path, .path_length = length, .name_at = name_at};
    return snapshot->n++;
}

/* Files that are shipped unchanged had their blobs named when this program was built. */
static void add_file(struct snapshot *snapshot, const struct file *file, size_t name_at) {
    size_t at = add_node(snapshot, file->path, strlen(file->path), name_at);
    struct node *node = &snapshot->nodes[at];
    node->file = file;
    node->end = snapshot->n;
    if (file->shipped)
        memcpy(node->id.bytes, file->shipped->id, sizeof node->id.bytes);
    else
        node->id = object_name(OBJECT_BLOB, file->data.len ? file->data.data : "", file->data.len);
}

static void add_entries(struct snapshot *snapshot, size_t folder) {
    struct buf entries = {0};
    for (size_t i = folder + 1; i < snapshot->nodes[folder].end; i = snapshot->nodes[i].end) {
        const struct node *node = &snapshot->nodes[i];
        size_t n;
        const char *name = node_name(node, &n);
        enum object_mode mode = !node->file              ? MODE_FOLDER
                                : node->file->link       ? MODE_LINK
                                : node->file->executable ? MODE_EXECUTABLE
                                                         : MODE_FILE;
        object_add_entry(&entries, mode, name, n, &node->id);
    }
    snapshot->nodes[folder].entries = entries;
    snapshot->nodes[folder].id =
        object_name(OBJECT_TREE, entries.len ? entries.data : "", entries.len);
}

/* The files from *at on whose paths begin as this one's first prefix bytes. Sorted by plain bytes
 * of the whole path is sorted as git wants it, folders taken as "name/". */
static void add_folder(struct snapshot *snapshot, const struct tree *tree, size_t *at,
                       size_t prefix, size_t name_at) {
    const char *first = tree->n ? tree->files[*at].path : "";
    size_t folder = add_node(snapshot, first, prefix ? prefix - 1 : 0, name_at);
    while (*at < tree->n && strncmp(tree->files[*at].path, first, prefix) == 0) {
        size_t n = strcspn(tree->files[*at].path + prefix, "/");
        if (tree->files[*at].path[prefix + n])
            add_folder(snapshot, tree, at, prefix + n + 1, prefix);
        else
            add_file(snapshot, &tree->files[(*at)++], prefix);
    }
    snapshot->nodes[folder].end = snapshot->n;
    add_entries(snapshot, folder);
}

void snapshot_make(const struct tree *tree, struct snapshot *snapshot) {
    size_t at = 0;
    *snapshot = (struct snapshot){0};
    add_folder(snapshot, tree, &at, 0, 0);
}

void snapshot_free(struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->n; i++)
        buf_free(&snapshot->nodes[i].entries);
    free(snapshot->nodes);
    *snapshot = (struct snapshot){0};
}

const char *node_name(const struct node *node, size_t *n) {
    *n = node->path_length - node->name_at;
    return node->path + node->name_at;
}
