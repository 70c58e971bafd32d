/*
 * The rendered files, in memory, sorted by path.
 * Ownership: a tree owns copies of its paths and the buffers handed to it.
 */
#ifndef TREE_H
#define TREE_H

#include "buf.h"

struct file {
    char *path; /* relative, '/' between segments of [A-Za-z0-9+._?=-] (Nix store rules) */
    struct buf data;
    bool executable;
};

struct tree {
    struct file *files;
    size_t n, cap;
};

void tree_free(struct tree *tree);
#define TREE_CLEANUP __attribute__((cleanup(tree_free)))

/* Takes data over and leaves *data empty. The same path twice aborts: check.c finds clashes. */
void tree_add(struct tree *tree, const char *path, bool executable, struct buf *data);
const struct file *tree_find(const struct tree *tree, const char *path);

#endif
