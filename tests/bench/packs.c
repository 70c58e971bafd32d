/* packs ROUNDS FOLDER FILE...: the files as a pack and its index in FOLDER, by our own writer and
 * by libgit2 (kept in mempack, written by its packbuilder, with one thread), in turns. Prints a
 * line a round: the microseconds of ours and theirs. Nothing is made durable by either. */
#include "base/die.h"
#include "base/whole_file.h"
#include "git/pack.h"

#include <git2.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int code) {
    if (code < 0)
        die("%s", git_error_last() ? git_error_last()->message : "libgit2 failed");
}

static void put(const char *folder, const char *name, const char *end, const struct buf *bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/pack-%s.%s", folder, name, end);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes->data, 1, bytes->len, file) != bytes->len || fclose(file))
        die("cannot write %s", path);
}

static void ours(const char *folder, const struct buf *files, size_t n) {
    struct pack pack = {0};
    BUF_CLEANUP struct buf stream = {0}, index = {0};
    struct deflater *deflater = deflater_new(DEFLATE_FAST);
    char name[41];
    for (size_t i = 0; i < n; i++) {
        deflater_run(deflater, files[i].data, files[i].len, &stream);
        struct pack_object object = {.id = object_name(OBJECT_BLOB, files[i].data, files[i].len),
                                     .type = OBJECT_BLOB,
                                     .size = files[i].len,
                                     .stream = (const unsigned char *)stream.data,
                                     .length = stream.len};
        pack_add(&pack, &object);
    }
    pack_finish(&pack, &index, name);
    put(folder, name, "pack", &pack.bytes);
    put(folder, name, "idx", &index);
    pack_free(&pack);
    deflater_free(deflater);
}

static void theirs(git_repository *repository, const char *folder, const struct buf *files,
                   size_t n) {
    git_odb *odb, *before;
    git_odb_backend *memory;
    git_packbuilder *builder;
    git_oid id;
    must(git_repository_odb(&before, repository));
    must(git_odb_new(&odb));
    must(git_mempack_new(&memory));
    must(git_odb_add_backend(odb, memory, 999));
    must(git_repository_set_odb(repository, odb));
    must(git_packbuilder_new(&builder, repository));
    git_packbuilder_set_threads(builder, 1);
    for (size_t i = 0; i < n; i++) {
        must(git_odb_write(&id, odb, files[i].data, files[i].len, GIT_OBJECT_BLOB));
        must(git_packbuilder_insert(builder, &id, NULL));
    }
    must(git_packbuilder_write(builder, folder, 0644, NULL, NULL));
    git_packbuilder_free(builder);
    must(git_repository_set_odb(repository, before));
    git_odb_free(odb);
    git_odb_free(before);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    size_t n = (size_t)argc - 3;
    struct buf *files = calloc(n, sizeof *files);
    for (size_t i = 0; files && i < n; i++)
        if (read_whole_file(argv[i + 3], 1 << 24, &files[i].data, &files[i].len))
            die("cannot read %s", argv[i + 3]);
    git_libgit2_init();
    git_repository *repository;
    char path[4096];
    snprintf(path, sizeof path, "%s/repository", argv[2]);
    must(git_repository_init(&repository, path, 1));
    for (int round = atoi(argv[1]); files && round > 0; round--) {
        double a = now();
        ours(argv[2], files, n);
        double b = now();
        theirs(repository, argv[2], files, n);
        double c = now();
        printf("%.0f %.0f\n", b - a, c - b);
    }
    git_repository_free(repository);
    git_libgit2_shutdown();
    return 0;
}
