#include "git/kept.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/nar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum node_kind { NODE_FILE, NODE_EXECUTABLE, NODE_LINK, NODE_FOLDER, NODE_SUBMODULE };

struct node {
    const char *name; /* in the tree object that lists it */
    enum node_kind kind;
    struct object_id id;
    const char *data; /* of a file or a link */
    size_t length;
    struct node *children; /* of a folder, sorted by the plain bytes of their names, as Nix does */
    size_t count;
};

struct kept {
    struct node root;
    const char *commit;
    size_t commit_length;
};

static const char *const words[] = {
    [OBJECT_COMMIT] = "commit", [OBJECT_TREE] = "tree", [OBJECT_BLOB] = "blob"};

void kept_add(struct buf *text, enum object_type type, const void *data, size_t n) {
    buf_printf(text, "%s %zu", words[type], n);
    buf_char(text, '\0');
    buf_add(text, data, n);
}

/* -- reading -- */

struct cursor {
    struct arena *arena;
    const char *p, *end;
    size_t objects, depth;
    const char *why; /* NULL: all is well so far */
};

static bool fail(struct cursor *c, const char *why) {
    c->why = c->why ? c->why : why;
    return false;
}

/* The next object, which must have that name. */
static bool take(struct cursor *c, enum object_type type, const struct object_id *id,
                 const char **data, size_t *n) {
    char wanted[32];
    const char *end = memchr(c->p, '\0', (size_t)(c->end - c->p));
    size_t word = strlen(words[type]);
    if (!end || strncmp(c->p, words[type], word) != 0 || c->p[word] != ' ')
        return fail(c, "it is damaged");
    unsigned long long length = strtoull(c->p + word + 1, NULL, 10);
    snprintf(wanted, sizeof wanted, "%s %llu", words[type], length);
    if (strcmp(c->p, wanted) != 0 || length > (unsigned long long)(c->end - end - 1))
        return fail(c, "it is damaged");
    *data = end + 1;
    *n = (size_t)length;
    c->p = *data + *n;
    struct object_id found = object_name(type, *data, *n);
    if (!object_same(&found, id))
        return fail(c, "an object in it is not the one that the commit names");
    if (++c->objects > KEPT_OBJECTS)
        return fail(c, "it has too many files");
    return true;
}

static bool known_mode(const char *mode, size_t n, enum node_kind *kind) {
    static const struct {
        const char *mode;
        enum node_kind kind;
    } modes[] = {{"100644", NODE_FILE}, {"100664", NODE_FILE},  {"100755", NODE_EXECUTABLE},
                 {"120000", NODE_LINK}, {"40000", NODE_FOLDER}, {"160000", NODE_SUBMODULE}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strlen(modes[i].mode) == n && memcmp(modes[i].mode, mode, n) == 0) {
            *kind = modes[i].kind;
            return true;
        }
    return false;
}

static bool plain_name(const char *name, size_t n) {
    return n > 0 && !memchr(name, '/', n) && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* One entry of a tree object, "MODE NAME\0" and twenty bytes. */
static const char *take_entry(const char *p, const char *end, struct node *node) {
    const char *blank = memchr(p, ' ', (size_t)(end - p));
    const char *nul = blank ? memchr(blank, '\0', (size_t)(end - blank)) : NULL;
    if (!nul || end - nul - 1 < (ptrdiff_t)sizeof node->id.bytes ||
        !known_mode(p, (size_t)(blank - p), &node->kind) ||
        !plain_name(blank + 1, (size_t)(nul - blank - 1)))
        return NULL;
    node->name = blank + 1;
    memcpy(node->id.bytes, nul + 1, sizeof node->id.bytes);
    return nul + 1 + sizeof node->id.bytes;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static bool take_node(struct cursor *c, struct node *node);

/* In the tree's own order; sorted afterwards, when all that stands in it has been taken. */
static bool take_children(struct cursor *c, struct node *node) {
    for (size_t i = 0; i < node->count; i++)
        if (!take_node(c, &node->children[i]))
            return false;
    qsort(node->children, node->count, sizeof *node->children, by_name);
    for (size_t i = 1; i < node->count; i++)
        if (by_name(&node->children[i - 1], &node->children[i]) == 0)
            return fail(c, "a folder in it has two entries of one name");
    return true;
}

static bool take_folder(struct cursor *c, struct node *node) {
    const char *data, *p;
    size_t n, room = 0;
    if (!take(c, OBJECT_TREE, &node->id, &data, &n))
        return false;
    struct node unused;
    for (p = data; p < data + n; room++) {
        p = take_entry(p, data + n, &unused);
        if (!p)
            return fail(c, "a folder in it is none that git would write");
        if (room + c->objects > KEPT_OBJECTS)
            return fail(c, "it has too many files");
    }
    node->children = arena_alloc(c->arena, (room + 1) * sizeof *node->children);
    for (p = data; node->count < room; node->count++)
        p = take_entry(p, data + n, &node->children[node->count]);
    if (++c->depth > KEPT_DEEP)
        return fail(c, "its folders are too deep");
    bool good = take_children(c, node);
    c->depth--;
    return good;
}

static bool take_node(struct cursor *c, struct node *node) {
    if (node->kind == NODE_FOLDER)
        return take_folder(c, node);
    return node->kind == NODE_SUBMODULE ||
           take(c, OBJECT_BLOB, &node->id, &node->data, &node->length);
}

/* Twenty bytes from forty digits. */
static bool read_hex(const char *hex, struct object_id *id) {
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        const char *digits = "0123456789abcdef";
        const char *high = hex[2 * i] ? strchr(digits, hex[2 * i]) : NULL;
        const char *low = high && hex[2 * i + 1] ? strchr(digits, hex[2 * i + 1]) : NULL;
        if (!low)
            return false;
        id->bytes[i] = (unsigned char)((high - digits) << 4 | (low - digits));
    }
    return true;
}

struct kept *kept_read(struct arena *arena, const char *text, size_t n, const char *rev,
                       const char **why) {
    struct kept *kept = arena_alloc(arena, sizeof *kept);
    struct cursor c = {.arena = arena, .p = text, .end = text + n};
    struct object_id id;
    bool good = read_hex(rev, &id) &&
                take(&c, OBJECT_COMMIT, &id, &kept->commit, &kept->commit_length) &&
                (kept->commit_length > 45 && memcmp(kept->commit, "tree ", 5) == 0 &&
                 kept->commit[45] == '\n' && read_hex(kept->commit + 5, &kept->root.id));
    kept->root.kind = NODE_FOLDER;
    if (good && take_folder(&c, &kept->root) && c.p == c.end)
        return kept;
    *why = c.why ? c.why : "it is damaged";
    return NULL;
}

/* -- what is in it -- */

static void put_node(const struct nar *nar, const struct node *node) {
    if (node->kind == NODE_LINK)
        nar_link(nar, node->data, node->length);
    else if (node->kind == NODE_FILE || node->kind == NODE_EXECUTABLE)
        nar_file(nar, node->kind == NODE_EXECUTABLE, node->data, node->length);
    if (node->kind != NODE_FOLDER && node->kind != NODE_SUBMODULE)
        return;
    nar_folder(nar);
    for (size_t i = 0; i < node->count; i++) {
        nar_entry(nar, node->children[i].name);
        put_node(nar, &node->children[i]);
        nar_entry_end(nar);
    }
    nar_folder_end(nar);
}

static void add_to_sum(void *sum, const void *data, size_t n) {
    sha256_add(sum, data, n);
}

void kept_hash(const struct kept *kept, char hash[SHA256_SRI_SIZE]) {
    unsigned char digest[SHA256_SIZE];
    struct sha256 sum;
    const struct nar nar = {add_to_sum, &sum};
    sha256_start(&sum);
    nar_start(&nar);
    put_node(&nar, &kept->root);
    sha256_end(&sum, digest);
    sha256_sri(digest, hash);
}

static const struct node *find_child(const struct node *folder, const char *name, size_t n) {
    for (size_t i = 0; i < folder->count; i++) {
        const char *own = folder->children[i].name;
        if (strncmp(own, name, n) == 0 && own[n] == '\0')
            return &folder->children[i];
    }
    return NULL;
}

const char *kept_file(const struct kept *kept, const char *path, struct kept_file *file) {
    const struct node *node = &kept->root;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        node = find_child(node, p, n);
        p += n;
        p += *p == '/';
        if (!node)
            return "its commit has no such file";
        if (node->kind == NODE_LINK)
            return "it is a symbolic link, and none is followed";
        if (node->kind == NODE_SUBMODULE)
            return "it is a submodule, and none is read";
    }
    if (node->kind == NODE_FOLDER)
        return "it is a folder";
    *file = (struct kept_file){node->data, node->length, node->kind == NODE_EXECUTABLE};
    return NULL;
}

const char *kept_commit(const struct kept *kept, size_t *n) {
    *n = kept->commit_length;
    return kept->commit;
}
