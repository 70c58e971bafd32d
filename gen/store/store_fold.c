/*
 * Folding: many small packs make every look-up slower, so at FOLD_AT of them the small ones become
 * one. Which are small: those that together are less than twice as large as the next one, so each
 * object is copied only a few times in its life, and large packs are left alone.
 *
 * Crash-safe: the old packs go only when the new one is on the disk. Safe beside others: only a
 * process that has the packs to itself folds; the next one does it otherwise. Git's own packs are
 * left to git: those with deltas, those of which another file says what they are for, and those
 * that a multi-pack-index names.
 */
#define _GNU_SOURCE /* memmem */
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/fold.h"
#include "store/store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLD_AT = 50, NAME_LENGTH = 5 + 40 };

struct pack_file {
    char name[NAME_LENGTH + 1]; /* "pack-..." without an ending */
    off_t size;
};

struct folder {
    const char *path;
    int descriptor;
    struct pack_file *packs;
    size_t n;
};

static bool ends_with(const char *name, const char *ending) {
    size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcmp(name + n - m, ending) == 0;
}

static void add_pack(struct folder *folder, const char *name) {
    struct stat st;
    if (strlen(name) != NAME_LENGTH + 5 || fstatat(folder->descriptor, name, &st, 0) < 0)
        return;
    folder->packs = must_realloc(folder->packs, (folder->n + 1) * sizeof *folder->packs);
    struct pack_file *pack = &folder->packs[folder->n++];
    memcpy(pack->name, name, NAME_LENGTH);
    pack->name[NAME_LENGTH] = '\0';
    pack->size = st.st_size;
}

/* Of a process that was killed; nobody else writes here now. */
static void remove_leftover(const struct folder *folder, const char *name) {
    if (strncmp(name, "tmp_agent-sandbox_", 18) == 0)
        unlinkat(folder->descriptor, name, 0);
}

static void list(struct folder *folder, bool alone) {
    DIR *dir = opendir(folder->path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (ends_with(name, ".pack") && strncmp(name, "pack-", 5) == 0)
            add_pack(folder, name);
        if (alone)
            remove_leftover(folder, name);
    }
    if (dir)
        closedir(dir);
}

static int by_size(const void *a, const void *b) {
    const struct pack_file *x = a, *y = b;
    return (x->size > y->size) - (x->size < y->size);
}

/* The smallest n: the next pack is at least twice as large as all of them. */
static size_t count_small(struct folder *folder) {
    off_t sum = 0;
    size_t n = 0;
    qsort(folder->packs, folder->n, sizeof *folder->packs, by_size);
    for (; n < folder->n && (n < FOLD_AT / 2 || folder->packs[n].size < 2 * sum); n++)
        sum += folder->packs[n].size;
    return n;
}

/* -- the files -- */

static const unsigned char *map_file(const struct folder *folder, const char *name,
                                     const char *ending, size_t *length) {
    char path[2 * NAME_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", name, ending);
    int descriptor = openat(folder->descriptor, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    void *bytes = MAP_FAILED;
    if (fstat(descriptor, &st) == 0 && st.st_size > 0)
        bytes = mmap(NULL, *length = (size_t)st.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* -- what git keeps in another way too -- */

static bool names(const struct folder *folder, const char *path, const char *ending,
                  const char *name) {
    size_t length = 0;
    const unsigned char *bytes = map_file(folder, path, ending, &length);
    bool found = bytes && memmem(bytes, length, name, strlen(name)) != NULL;
    if (bytes)
        munmap((void *)(uintptr_t)bytes, length);
    return found;
}

/* One that is written in several parts has a folder for them. */
static bool is_indexed(const struct folder *folder, const char *name) {
    static const char parts[] = "multi-pack-index.d";
    BUF_CLEANUP struct buf path = {0};
    bool found = names(folder, "multi-pack-index", "", name);
    buf_printf(&path, "%s/%s", folder->path, parts);
    DIR *dir = opendir(path.data);
    for (struct dirent *entry; !found && dir && (entry = readdir(dir));) {
        char part[NAME_MAX + sizeof parts + 1];
        snprintf(part, sizeof part, "%s/%s", parts, entry->d_name);
        found = ends_with(part, ".midx") && names(folder, part, "", name);
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool is_kept(const struct folder *folder, const char *name) {
    static const char *const endings[] = {".keep", ".promisor", ".mtimes", ".bitmap"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[NAME_LENGTH + 16];
        snprintf(path, sizeof path, "%s%s", name, endings[i]);
        if (faccessat(folder->descriptor, path, F_OK, 0) == 0)
            return true;
    }
    return is_indexed(folder, name);
}

static void drop_kept(struct folder *folder) {
    size_t n = 0;
    for (size_t i = 0; i < folder->n; i++)
        if (!is_kept(folder, folder->packs[i].name))
            folder->packs[n++] = folder->packs[i];
    folder->n = n;
}

/* -- */

static bool map_sources(const struct folder *folder, struct fold_source *sources, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct fold_source *source = &sources[i];
        source->pack = map_file(folder, folder->packs[i].name, ".pack", &source->pack_length);
        source->index = map_file(folder, folder->packs[i].name, ".idx", &source->index_length);
        if (!source->pack || !source->index)
            return false;
    }
    return true;
}

static void unmap_sources(struct fold_source *sources, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (sources[i].pack)
            munmap((void *)(uintptr_t)sources[i].pack, sources[i].pack_length);
        if (sources[i].index)
            munmap((void *)(uintptr_t)sources[i].index, sources[i].index_length);
    }
}

static bool write_out(const void *data, size_t n, void *context) {
    return fwrite(data, 1, n, context) == n;
}

static void remove_packs(const struct folder *folder, size_t n, const bool *taken,
                         const char *but) {
    static const char *const endings[] = {".idx", ".rev",
                                          ".pack"}; /* who sees an index, finds the pack */
    for (size_t i = 0; i < n; i++) {
        const char *name = folder->packs[i].name;
        bool gone = taken[i] && strcmp(name + 5, but) != 0 &&
                    !is_indexed(folder, name); /* git may name it since */
        for (size_t k = 0; gone && k < 3; k++) {
            char path[NAME_LENGTH + 8];
            snprintf(path, sizeof path, "%s%s", name, endings[k]);
            unlinkat(folder->descriptor, path, 0);
        }
    }
}

/* Whatever fails here leaves the packs as they were: that is no failure of the commit. */
static void fold(const struct folder *folder, size_t n) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf index = {0};
    char name[41];
    struct fold_source *sources = must_alloc(n * sizeof *sources);
    bool *taken = must_alloc(n * sizeof *taken);
    buf_printf(&path, "%s/tmp_agent-sandbox_%ld", folder->path, (long)getpid());
    FILE *out = fopen(path.data, "wbx");
    bool good = out && map_sources(folder, sources, n) &&
                fold_packs(sources, n, n < FOLD_AT / 2 ? n : FOLD_AT / 2, taken, write_out, out,
                           &index, name) &&
                fflush(out) == 0 && store_sync(fileno(out)) == 0 && fchmod(fileno(out), 0444) == 0;
    if (out && fclose(out) != 0)
        good = false;
    if (good && store_place_pack(folder->path, path.data, -1, &index, name) == STORE_DONE)
        remove_packs(folder, n, taken, name);
    else
        unlink(path.data);
    unmap_sources(sources, n);
    free(sources);
    free(taken);
}

void store_fold(struct store *store) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "%sobjects/pack", git_repository_commondir(store->repository));
    struct folder folder = {.path = path.data, .descriptor = open(path.data, O_RDONLY | O_CLOEXEC)};
    if (folder.descriptor < 0)
        return;
    list(&folder, false);
    if (folder.n > FOLD_AT && store_own_packs(store)) {
        folder.n = 0; /* others may have folded until now */
        list(&folder, true);
        drop_kept(&folder);
        size_t n = folder.n > FOLD_AT ? count_small(&folder) : 0;
        if (n > 1)
            fold(&folder, n);
        store_share_packs(store);
    }
    close(folder.descriptor);
    free(folder.packs);
}
