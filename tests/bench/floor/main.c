/*
 * floor SPEC ARCHIVE FOLDER      one sandbox: a repository with a checkout
 * floor --fleet LIST FOLDER      many: a bare one; each line of LIST is "SPEC ARCHIVE"
 */
#include "floor.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *what) {
    perror(what);
    exit(1);
}

void *allocate(size_t n) {
    void *p = calloc(1, n);
    if (!p)
        give_up("memory");
    return p;
}

void bytes_add(struct bytes *bytes, const void *data, size_t n) {
    if (bytes->cap - bytes->n < n) {
        bytes->cap = 2 * (bytes->n + n) + 64;
        if (!(bytes->data = realloc(bytes->data, bytes->cap)))
            give_up("memory");
    }
    memcpy(bytes->data + bytes->n, data, n);
    bytes->n += n;
}

void bytes_text(struct bytes *bytes, const char *text) {
    bytes_add(bytes, text, strlen(text));
}

void bytes_u32(struct bytes *bytes, uint32_t value) {
    bytes_add(bytes,
              (unsigned char[]){(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                                (unsigned char)(value >> 8), (unsigned char)value},
              4);
}

struct bytes read_file(const char *path) {
    struct stat st;
    FILE *in = fopen(path, "rb");
    if (!in || fstat(fileno(in), &st) < 0)
        give_up(path);
    struct bytes bytes = {.n = (size_t)st.st_size, .cap = (size_t)st.st_size + 1};
    bytes.data = allocate(bytes.cap);
    if (fread(bytes.data, 1, bytes.n, in) != bytes.n)
        give_up(path);
    fclose(in);
    return bytes;
}

static json_t *read_spec(const char *path) {
    struct bytes text = read_file(path);
    json_error_t error;
    json_t *spec = json_loadb((const char *)text.data, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!spec)
        give_up(path);
    free(text.data);
    return spec;
}

static struct id put_commit(const struct id *tree) {
    char hex[41], text[512];
    id_hex(tree, hex);
    int n = snprintf(text, sizeof text,
                     "tree %s\n"
                     "author floor <floor@localhost> 1790000000 +0000\n"
                     "committer floor <floor@localhost> 1790000000 +0000\n\nCreate a sandbox\n",
                     hex);
    return pack_add(OBJECT_COMMIT, text, (size_t)n);
}

static void write_repository(const char *git, bool bare, const struct id *root) {
    char folder[4096];
    struct id commit = put_commit(root);
    repository_make(git, bare);
    snprintf(folder, sizeof folder, "%s/objects/pack", git);
    pack_write(folder);
    branch_create(git, &commit);
}

static void one(const char *spec_path, const char *archive_path, const char *folder) {
    char git[4096];
    json_t *spec = read_spec(spec_path);
    struct archive archive = archive_read(archive_path);
    struct id root = archive_put(&archive);
    snprintf(git, sizeof git, "%s/.git", folder);
    if (mkdir(folder, 0777) < 0)
        give_up(folder);
    write_repository(git, false, &root);
    check_out(folder, &archive);
    json_decref(spec);
    archive_free(&archive);
}

/* -- a fleet -- */

struct sandbox {
    char name[64], hh[3];
    struct id tree;
};

static int by_place(const void *a, const void *b) {
    const struct sandbox *x = a, *y = b;
    int hh = strcmp(x->hh, y->hh);
    return hh ? hh : strcmp(x->name, y->name);
}

static struct sandbox put_sandbox(const char *spec_path, const char *archive_path) {
    struct sandbox sandbox = {0};
    struct sha1 s;
    char hex[41], head[32];
    json_t *spec = read_spec(spec_path);
    snprintf(sandbox.name, sizeof sandbox.name, "%s",
             json_string_value(json_object_get(spec, "name")));
    json_decref(spec);
    struct archive archive = archive_read(archive_path);
    sandbox.tree = archive_put(&archive);
    archive_free(&archive);
    size_t n = strlen(sandbox.name);
    sha1_start(&s);
    sha1_add(&s, head, (size_t)snprintf(head, sizeof head, "blob %zu", n) + 1);
    sha1_add(&s, sandbox.name, n);
    struct id id = sha1_end(&s);
    id_hex(&id, hex);
    memcpy(sandbox.hh, hex, 2);
    return sandbox;
}

static struct id put_fleet(const struct sandbox *sandboxes, size_t n) {
    struct bytes all = {0}, top = {0};
    for (size_t i = 0; i < n;) {
        struct bytes some = {0};
        const char *hh = sandboxes[i].hh;
        for (; i < n && strcmp(sandboxes[i].hh, hh) == 0; i++)
            tree_entry(&some, "40000", sandboxes[i].name, strlen(sandboxes[i].name),
                       &sandboxes[i].tree);
        struct id id = pack_add(OBJECT_TREE, some.data, some.n);
        tree_entry(&all, "40000", hh, 2, &id);
        free(some.data);
    }
    struct id id = pack_add(OBJECT_TREE, all.data, all.n);
    tree_entry(&top, "40000", "sandboxes", 9, &id);
    free(all.data);
    return pack_add(OBJECT_TREE, top.data, top.n);
}

static void fleet(const char *list_path, const char *folder) {
    struct bytes list = read_file(list_path);
    struct sandbox *sandboxes = NULL;
    size_t n = 0;
    for (char *line = strtok((char *)list.data, "\n"); line; line = strtok(NULL, "\n")) {
        char *archive = strchr(line, ' ');
        if (!archive)
            give_up(list_path);
        *archive++ = '\0';
        if (!(sandboxes = realloc(sandboxes, (n + 1) * sizeof *sandboxes)))
            give_up("memory");
        sandboxes[n++] = put_sandbox(line, archive);
    }
    qsort(sandboxes, n, sizeof *sandboxes, by_place);
    struct id root = put_fleet(sandboxes, n);
    write_repository(folder, true, &root);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: floor SPEC ARCHIVE FOLDER | floor --fleet LIST FOLDER\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "--fleet") == 0)
        fleet(argv[2], argv[3]);
    else
        one(argv[1], argv[2], argv[3]);
    return 0;
}
