#include "base/tree.h"
#include "base/die.h"
#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

void tree_free(struct tree *tree) {
    for (size_t i = 0; i < tree->n; i++) {
        free(tree->files[i].path);
        if (!tree->files[i].shipped)
            buf_free(&tree->files[i].data);
    }
    free(tree->files);
    *tree = (struct tree){0};
}

/* The first index whose path does not sort before this one. */
static size_t lower_bound(const struct tree *tree, const char *path) {
    size_t low = 0, high = tree->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(tree->files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct file *insert(struct tree *tree, const char *path) {
    size_t at = lower_bound(tree, path);
    if (at < tree->n && strcmp(tree->files[at].path, path) == 0)
        die("%s is rendered twice", path);
    if (tree->n == tree->cap) {
        tree->cap = tree->cap ? 2 * tree->cap : 64;
        tree->files = must_realloc(tree->files, tree->cap * sizeof *tree->files);
    }
    memmove(tree->files + at + 1, tree->files + at, (tree->n - at) * sizeof *tree->files);
    tree->files[at] = (struct file){.path = must_copy(path)};
    tree->n++;
    return &tree->files[at];
}

void tree_add(struct tree *tree, const char *path, bool executable, struct buf *data) {
    struct file *file = insert(tree, path);
    file->executable = executable;
    file->data = *data;
    *data = (struct buf){0};
}

void tree_add_link(struct tree *tree, const char *path, struct buf *data) {
    tree_add(tree, path, false, data);
    tree->files[lower_bound(tree, path)].link = true;
}

void tree_add_shipped(struct tree *tree, const char *path, bool executable,
                      const struct embedded *shipped) {
    struct file *file = insert(tree, path);
    file->executable = executable;
    file->shipped = shipped;
    file->data = (struct buf){.data = (char *)(uintptr_t)shipped->data, .len = shipped->length};
}

const struct file *tree_find(const struct tree *tree, const char *path) {
    size_t at = lower_bound(tree, path);
    if (at < tree->n && strcmp(tree->files[at].path, path) == 0)
        return &tree->files[at];
    return NULL;
}
