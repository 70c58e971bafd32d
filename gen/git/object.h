/*
 * Git's objects, as bytes: their names, trees and commits. Pure.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include "base/buf.h"

#include <time.h>

enum object_type { OBJECT_COMMIT = 1, OBJECT_TREE = 2, OBJECT_BLOB = 3 }; /* as packs count them */

struct object_id {
    unsigned char bytes[20];
};

struct object_id object_name(enum object_type type, const void *data, size_t n);
bool object_same(const struct object_id *a, const struct object_id *b);
void object_hex(const struct object_id *id, char hex[41]);

/* The first two digits of a blob's name that holds the sandbox's name: where a fleet keeps it. */
void object_fan_out(const char *sandbox, char hh[3]);

enum object_mode { MODE_FILE, MODE_EXECUTABLE, MODE_LINK, MODE_FOLDER };

/* Appends an entry to a tree object. The caller keeps git's order: bytes, folders as "NAME/". */
void object_add_entry(struct buf *tree, enum object_mode mode, const char *name, size_t n,
                      const struct object_id *id);

/* Puts a folder in its place in a tree object, or another one where it stands. */
void object_set_folder(struct buf *tree, const char *name, const struct object_id *id);

/* The folder's id in a tree object; NULL when it has no folder of that name. */
const struct object_id *object_find_folder(const struct buf *tree, const char *name);

#define PERSON_NAME "agent-sandbox"
#define PERSON_EMAIL "agent-sandbox@localhost"

/* A commit by agent-sandbox. parent may be NULL. signature, NULL or armored lines that each end in
 * a line feed, becomes its gpgsig header. */
void object_write_commit(const struct object_id *tree, const struct object_id *parent, time_t when,
                         const char *signature, const char *message, struct buf *out);

#endif
