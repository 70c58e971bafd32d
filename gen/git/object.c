#include "git/object.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/sha1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSON PERSON_NAME " <" PERSON_EMAIL ">"

struct object_id object_name(enum object_type type, const void *data, size_t n) {
    static const char *const names[] = {
        [OBJECT_COMMIT] = "commit", [OBJECT_TREE] = "tree", [OBJECT_BLOB] = "blob"};
    struct object_id id = {{0}};
    struct sha1 sha1;
    char head[32];
    int length = snprintf(head, sizeof head, "%s %zu", names[type], n);
    sha1_start(&sha1);
    sha1_add(&sha1, head, (size_t)length + 1);
    sha1_add(&sha1, data, n);
    sha1_end(&sha1, id.bytes);
    return id;
}

bool object_same(const struct object_id *a, const struct object_id *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void object_hex(const struct object_id *id, char hex[41]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 20; i++) {
        hex[2 * i] = digits[id->bytes[i] >> 4];
        hex[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    hex[40] = '\0';
}

void object_fan_out(const char *sandbox, char hh[3]) {
    struct object_id id = object_name(OBJECT_BLOB, sandbox, strlen(sandbox));
    snprintf(hh, 3, "%02x", id.bytes[0]);
}

/* -- trees: "MODE NAME\0" and the id's twenty bytes, one after the other (gitformat-tree) -- */

void object_add_entry(struct buf *tree, enum object_mode mode, const char *name, size_t n,
                      const struct object_id *id) {
    static const char *const modes[] = {[MODE_FILE] = "100644 ",
                                        [MODE_EXECUTABLE] = "100755 ",
                                        [MODE_LINK] = "120000 ",
                                        [MODE_FOLDER] = "40000 "};
    buf_str(tree, modes[mode]);
    buf_add(tree, name, n);
    buf_char(tree, '\0');
    buf_add(tree, id->bytes, sizeof id->bytes);
}

/* How an entry's name sorts against a folder's: both as git sees them, a folder with a slash. */
static int compare_with_folder(const char *name, bool is_folder, const char *folder) {
    size_t n = strlen(name), m = strlen(folder), least = n < m ? n : m;
    int order = memcmp(name, folder, least);
    if (order)
        return order;
    unsigned char a = n > least ? (unsigned char)name[least] : is_folder ? '/' : '\0';
    unsigned char b = m > least ? (unsigned char)folder[least] : '/';
    return a - b;
}

/* Where the folder stands, or would: *length is its entry's, 0 when there is none. A tree that git
 * would not take ends here. */
static size_t find_folder(const struct buf *tree, const char *folder, size_t *length) {
    size_t at = 0;
    *length = 0;
    while (at < tree->len) {
        const char *entry = tree->data + at, *space = memchr(entry, ' ', tree->len - at);
        const char *end =
            space ? memchr(space, '\0', tree->len - (size_t)(space - tree->data)) : NULL;
        if (!end || tree->len - (size_t)(end - tree->data) < 21)
            die("a tree object is cut short");
        size_t whole = (size_t)(end - entry) + 21;
        int order = compare_with_folder(space + 1, entry[0] == '4', folder);
        if (order == 0)
            *length = whole;
        if (order >= 0)
            return at;
        at += whole;
    }
    return at;
}

/* A file of that name, which stands before where the folder would; returns where that is then. */
static size_t remove_other(struct buf *tree, const char *name, size_t at) {
    for (size_t i = 0; i < at;) {
        const char *space = memchr(tree->data + i, ' ', at - i);
        size_t length = (size_t)(space - (tree->data + i)) + 1 + strlen(space + 1) + 21;
        if (strcmp(space + 1, name) == 0) {
            memmove(tree->data + i, tree->data + i + length, tree->len - i - length);
            tree->len -= length;
            return at - length;
        }
        i += length;
    }
    return at;
}

void object_set_folder(struct buf *tree, const char *name, const struct object_id *id) {
    BUF_CLEANUP struct buf new = {0};
    size_t length, at = find_folder(tree, name, &length);
    if (length) {
        memcpy(tree->data + at + length - sizeof id->bytes, id->bytes, sizeof id->bytes);
        return;
    }
    at = remove_other(tree, name, at);
    buf_add(&new, tree->data, at);
    object_add_entry(&new, MODE_FOLDER, name, strlen(name), id);
    buf_add(&new, tree->data ? tree->data + at : "", tree->len - at);
    struct buf old = *tree;
    *tree = new;
    new = old;
}

const struct object_id *object_find_folder(const struct buf *tree, const char *name) {
    size_t length, at = find_folder(tree, name, &length);
    return length ? (const struct object_id *)(const void *)(tree->data + at + length - 20) : NULL;
}

/* -- commits -- */

static void write_signature(const char *signature, struct buf *out) {
    buf_str(out, "gpgsig");
    for (const char *line = signature; *line;) {
        size_t n = strcspn(line, "\n");
        buf_char(out, ' ');
        buf_add(out, line, n);
        buf_char(out, '\n');
        line += n + (line[n] == '\n');
    }
}

void object_write_commit(const struct object_id *tree, const struct object_id *parent, time_t when,
                         const char *signature, const char *message, struct buf *out) {
    char hex[41];
    object_hex(tree, hex);
    buf_printf(out, "tree %s\n", hex);
    if (parent) {
        object_hex(parent, hex);
        buf_printf(out, "parent %s\n", hex);
    }
    buf_printf(out, "author " PERSON " %lld +0000\ncommitter " PERSON " %lld +0000\n",
               (long long)when, (long long)when);
    if (signature)
        write_signature(signature, out);
    buf_printf(out, "\n%s", message);
}
