/* The few files of a repository beside its pack, the checkout, and the index that git reads. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(const char *path, const void *data, size_t n, int flags, mode_t mode) {
    int out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
    if (out < 0 || write(out, data, n) != (ssize_t)n)
        give_up(path);
    return out;
}

void write_durably(const char *path, const void *data, size_t n) {
    int out = write_all(path, data, n, O_EXCL, 0444);
    if (fsync(out) < 0 || close(out) < 0)
        give_up(path);
}

void sync_folder(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) < 0)
        give_up(path);
    close(folder);
}

static const char *in(const char *folder, const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void repository_make(const char *git, bool bare) {
    static const char *const folders[] = {"objects", "objects/info", "objects/pack", "refs",
                                          "refs/heads"};
    static const char head[] = "ref: refs/heads/main\n";
    char config[128];
    if (mkdir(git, 0777) < 0)
        give_up(git);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(in(git, folders[i]), 0777) < 0)
            give_up(folders[i]);
    int n = snprintf(config, sizeof config, "[core]\n\trepositoryformatversion = 0\n\tbare = %s\n",
                     bare ? "true" : "false");
    write_durably(in(git, "config"), config, (size_t)n);
    write_durably(in(git, "HEAD"), head, sizeof head - 1);
    sync_folder(git);
}

void branch_create(const char *git, const struct id *commit) {
    char line[42], lock[4096], branch[4096];
    id_hex(commit, line);
    line[40] = '\n';
    snprintf(lock, sizeof lock, "%s/refs/heads/main.lock", git);
    snprintf(branch, sizeof branch, "%s/refs/heads/main", git);
    int out = write_all(lock, line, 41, O_EXCL, 0666);
    if (access(branch, F_OK) == 0 || fsync(out) < 0 || close(out) < 0 || rename(lock, branch) < 0)
        give_up("the branch has moved");
    sync_folder(in(git, "refs/heads"));
}

static void index_entry(struct bytes *index, const struct file *file, const struct stat *st) {
    size_t began = index->n, n = strlen(file->path);
    bytes_u32(index, (uint32_t)st->st_ctim.tv_sec);
    bytes_u32(index, (uint32_t)st->st_ctim.tv_nsec);
    bytes_u32(index, (uint32_t)st->st_mtim.tv_sec);
    bytes_u32(index, (uint32_t)st->st_mtim.tv_nsec);
    bytes_u32(index, (uint32_t)st->st_dev);
    bytes_u32(index, (uint32_t)st->st_ino);
    bytes_u32(index, file->executable ? 0100755 : 0100644);
    bytes_u32(index, st->st_uid);
    bytes_u32(index, st->st_gid);
    bytes_u32(index, (uint32_t)st->st_size);
    bytes_add(index, file->id.v, 20);
    bytes_add(index, (unsigned char[]){(unsigned char)(n >> 8), (unsigned char)n}, 2);
    bytes_add(index, file->path, n);
    bytes_add(index, "\0\0\0\0\0\0\0\0", 8 - (index->n - began) % 8);
}

static void make_folders(int folder, const char *path, const char *before) {
    char part[4096];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        if (before && strncmp(before, path, n + 1) == 0)
            continue;
        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdirat(folder, part, 0777) < 0)
            give_up(part);
    }
}

void check_out(const char *folder, const struct archive *archive) {
    struct bytes index = {0};
    bytes_add(&index, "DIRC\0\0\0\2", 8);
    bytes_u32(&index, (uint32_t)archive->n);
    int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < archive->n; i++) {
        const struct file *file = &archive->files[i];
        struct stat st;
        make_folders(top, file->path, i ? archive->files[i - 1].path : NULL);
        int out = openat(top, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         file->executable ? 0777 : 0666);
        if (out < 0 || write(out, file->data, file->n) != (ssize_t)file->n || fstat(out, &st) < 0)
            give_up(file->path);
        close(out);
        index_entry(&index, file, &st);
    }
    struct sha1 s;
    sha1_start(&s);
    sha1_add(&s, index.data, index.n);
    struct id sum = sha1_end(&s);
    bytes_add(&index, sum.v, 20);
    char lock[4096], name[4096];
    snprintf(lock, sizeof lock, "%s/.git/index.lock", folder);
    snprintf(name, sizeof name, "%s/.git/index", folder);
    close(write_all(lock, index.data, index.n, O_EXCL, 0666));
    if (rename(lock, name) < 0)
        give_up(name);
    close(top);
    free(index.data);
}
