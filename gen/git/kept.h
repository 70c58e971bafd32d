/*
 * A commit with all the files that it holds, as one text: what a cache keeps of a repository. It is
 * the commit and then, in the order in which one who walks its tree meets them, the trees and
 * blobs, each as git names it (gitformat-loose(5), not deflated). So whoever reads it needs
 * to trust nothing of where it lay: each object must have the name by which the one before it
 * knows it, and all files together the hash that Nix computes of them.
 *
 * Nothing is written, and nothing of it is run or followed: links stay texts, submodules are empty.
 */
#ifndef KEPT_H
#define KEPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "git/object.h"

enum {
    KEPT_MAX = 64 << 20, /* bytes */
    KEPT_OBJECTS = 20000,
    KEPT_DEEP = 64, /* folders in folders */
};

struct kept;

/* The commit of that id (40 digits) from n bytes, which must outlive it; NULL, and why not: the end
 * of "what is kept of ... can't be used: WHY", a static string. */
struct kept *kept_read(struct arena *arena, const char *text, size_t n, const char *rev,
                       const char **why);

/* The hash of its files' NAR. */
void kept_hash(const struct kept *kept, char hash[SHA256_SRI_SIZE]);

struct kept_file {
    const char *data;
    size_t length;
    bool executable;
};

/* The file at that path, "a/b.json"; or why it can't be read, a static string. */
const char *kept_file(const struct kept *kept, const char *path, struct kept_file *file);

/* Appends its armored signature, and what that is one of; false: it has none. */
bool kept_signature(const struct kept *kept, struct buf *signature, struct buf *signed_text);

/* The commit object itself. */
const char *kept_commit(const struct kept *kept, size_t *n);

/* Appends an object to such a text. */
void kept_add(struct buf *text, enum object_type type, const void *data, size_t n);

#endif
