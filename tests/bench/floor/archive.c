/* An archive is the rendered files as one file: their number, a line "MODE LENGTH PATH" each,
 * sorted as git sorts, and then all bytes. */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct archive archive_read(const char *path) {
    struct archive archive = {.bytes = read_file(path)};
    char *at = (char *)archive.bytes.data;
    archive.n = strtoul(at, &at, 10);
    archive.files = allocate(archive.n * sizeof *archive.files);
    for (size_t i = 0; i < archive.n; i++) {
        struct file *file = &archive.files[i];
        file->executable = strtoul(at + 1, &at, 8) == 0100755;
        file->n = strtoul(at, &at, 10);
        file->path = at + 1;
        if (!(at = strchr(at, '\n')))
            give_up(path);
        *at = '\0';
    }
    const unsigned char *data = (const unsigned char *)at + 1;
    for (size_t i = 0; i < archive.n; data += archive.files[i++].n)
        archive.files[i].data = data;
    if (data != archive.bytes.data + archive.bytes.n)
        give_up(path);
    return archive;
}

void archive_free(struct archive *archive) {
    free(archive->files);
    free(archive->bytes.data);
}

void tree_entry(struct bytes *tree, const char *mode, const char *name, size_t n,
                const struct id *id) {
    bytes_text(tree, mode);
    bytes_text(tree, " ");
    bytes_add(tree, name, n);
    bytes_add(tree, "", 1);
    bytes_add(tree, id->v, 20);
}

static struct id put_folder(struct archive *archive, size_t *at, size_t prefix) {
    struct bytes tree = {0};
    const char *folder = archive->files[*at].path;
    while (*at < archive->n && strncmp(archive->files[*at].path, folder, prefix) == 0) {
        struct file *file = &archive->files[*at];
        const char *name = file->path + prefix;
        size_t n = strcspn(name, "/");
        if (name[n] == '/') {
            struct id id = put_folder(archive, at, prefix + n + 1);
            tree_entry(&tree, "40000", name, n, &id);
            continue;
        }
        file->id = pack_add(OBJECT_BLOB, file->data, file->n);
        tree_entry(&tree, file->executable ? "100755" : "100644", name, n, &file->id);
        ++*at;
    }
    struct id id = pack_add(OBJECT_TREE, tree.data, tree.n);
    free(tree.data);
    return id;
}

struct id archive_put(struct archive *archive) {
    size_t at = 0;
    return put_folder(archive, &at, 0);
}
