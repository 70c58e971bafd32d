/*
 * The floor of the measurements: the least that a program in C can do to make a sandbox durable. It
 * is told every file's bytes, and is left with reading the spec, hashing, compressing, and writing
 * what git reads. Nothing of gen/ is used, and nothing here is checked beyond what the order of
 * writing needs: a mistake ends the process.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

_Noreturn void give_up(const char *what);
void *allocate(size_t n);

struct bytes {
    unsigned char *data;
    size_t n, cap;
};
void bytes_add(struct bytes *bytes, const void *data, size_t n);
void bytes_text(struct bytes *bytes, const char *text);
void bytes_u32(struct bytes *bytes, uint32_t value); /* the highest byte first */
struct bytes read_file(const char *path);

/* -- sha1.c -- */

struct id {
    unsigned char v[20];
};
struct sha1 {
    uint32_t h[5];
    uint64_t length;
    unsigned char block[64];
};
void sha1_start(struct sha1 *s);
void sha1_add(struct sha1 *s, const void *data, size_t n);
struct id sha1_end(struct sha1 *s);
void id_hex(const struct id *id, char hex[41]);

/* -- pack.c -- */

enum object_type { OBJECT_COMMIT = 1, OBJECT_TREE = 2, OBJECT_BLOB = 3 };

/* Puts an object into the one pack of this run, once. */
struct id pack_add(enum object_type type, const void *data, size_t n);
/* The pack and its index, durable in FOLDER. */
void pack_write(const char *folder);

/* -- archive.c: what a renderer would have in memory -- */

struct file {
    const char *path;
    const unsigned char *data;
    size_t n;
    bool executable;
    struct id id;
};
struct archive {
    struct bytes bytes; /* which all the rest points into */
    struct file *files; /* sorted by path */
    size_t n;
};
struct archive archive_read(const char *path);
void archive_free(struct archive *archive);
/* Adds blobs and trees to the pack. */
struct id archive_put(struct archive *archive);
void tree_entry(struct bytes *tree, const char *mode, const char *name, size_t n,
                const struct id *id);

/* -- repository.c -- */

void write_durably(const char *path, const void *data, size_t n);
void sync_folder(const char *path);
void repository_make(const char *git, bool bare);
/* Compare and swap: from nothing. */
void branch_create(const char *git, const struct id *commit);
void check_out(const char *folder, const struct archive *archive);

#endif
