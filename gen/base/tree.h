/*
 * The rendered files, in memory, sorted by path.
 * Ownership: a tree owns copies of its paths and the buffers handed to it; what is shipped is
 * borrowed from embedded_files.
 */
#ifndef TREE_H
#define TREE_H

#include "base/buf.h"

struct embedded;

struct file {
    char *path; /* relative, '/' between segments of [A-Za-z0-9+._?=-] (Nix store rules) */
    struct buf data;
    bool executable;
    bool link; /* symbolic, to data: none that is rendered, but people commit some */
    const struct embedded *shipped; /* NULL, or the file whose bytes data borrows */
};

struct tree {
    struct file *files;
    size_t n, cap;
};

void tree_free(struct tree *tree);
#define TREE_CLEANUP __attribute__((cleanup(tree_free)))

/* Takes data over and leaves *data empty. The same path twice aborts: check.c finds clashes. */
void tree_add(struct tree *tree, const char *path, bool executable, struct buf *data);
/* The same for a symbolic link to data. */
void tree_add_link(struct tree *tree, const char *path, struct buf *data);
/* A file as this program ships it; its bytes are not copied. */
void tree_add_shipped(struct tree *tree, const char *path, bool executable,
                      const struct embedded *file);
const struct file *tree_find(const struct tree *tree, const char *path);

#endif
