/*
 * A rendered tree as git will keep it: folders with their tree objects, files with their blobs'
 * names. Pure, so any thread makes one.
 *
 * Ownership: a snapshot owns its nodes, and points into the tree that it was made of.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "base/tree.h"
#include "git/object.h"

struct node {
    const char *path; /* from the root, path_length bytes; the root's is empty */
    size_t path_length, name_at;
    const struct file *file; /* NULL: a folder */
    size_t end;              /* behind a folder's last descendant; a file's own index + 1 */
    struct object_id id;
    struct buf entries; /* a folder's tree object */
};

/* Folders stand before what is in them, siblings in git's order; nodes[0] is the root. The next
 * sibling of a node is at its end. */
struct snapshot {
    struct node *nodes;
    size_t n, cap;
};

void snapshot_make(const struct tree *tree, struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);
#define SNAPSHOT_CLEANUP __attribute__((cleanup(snapshot_free)))

/* A node's last name; *n is its length. */
const char *node_name(const struct node *node, size_t *n);

#endif
