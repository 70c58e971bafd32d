/*
 * Folding: many small packs make every look-up slower, so at FOLD_AT of them the small ones become
 * one. Which are small: those that together are less than twice as large as the next one, so each
 * object is copied only a few times in its life, and large packs are left alone.
 *
 * Crash-safe: the old packs go only when the new one is on the disk. Safe beside others: only a
 * process that has the packs to itself folds; the next one does it otherwise. Git's own packs with
 * deltas are left to git, and so is a repository that it keeps otherwise than in plain packs.
 */
#include "buf_raw.h"
#include "die.h"
#include "fold.h"
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
    bool kept_by_git; /* some file says that git keeps these packs in another way too */
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
        if (strcmp(name, "multi-pack-index") == 0 || ends_with(name, ".keep") ||
            ends_with(name, ".promisor") || ends_with(name, ".mtimes") ||
            ends_with(name, ".bitmap"))
            folder->kept_by_git = true;
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
    char path[NAME_LENGTH + 8];
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

static void remove_packs(const struct folder *folder, size_t n, const char *but) {
    static const char *const endings[] = {".idx", ".rev",
                                          ".pack"}; /* who sees an index, finds the pack */
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3 && strcmp(folder->packs[i].name + 5, but) != 0; k++) {
            char path[NAME_LENGTH + 8];
            snprintf(path, sizeof path, "%s%s", folder->packs[i].name, endings[k]);
            unlinkat(folder->descriptor, path, 0);
        }
}

/* Whatever fails here leaves the packs as they were: that is no failure of the commit. */
static void fold(const struct folder *folder, size_t n) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf index = {0};
    char name[41];
    struct fold_source *sources = must_alloc(n * sizeof *sources);
    buf_printf(&path, "%s/tmp_agent-sandbox_%ld", folder->path, (long)getpid());
    FILE *out = fopen(path.data, "wbx");
    bool good = out && map_sources(folder, sources, n) &&
                fold_packs(sources, n, write_out, out, &index, name) && fflush(out) == 0 &&
                store_sync(fileno(out)) == 0 && fchmod(fileno(out), 0444) == 0;
    if (out && fclose(out) != 0)
        good = false;
    if (good && store_place_pack(folder->path, path.data, -1, &index, name) == STORE_DONE)
        remove_packs(folder, n, name);
    else
        unlink(path.data);
    unmap_sources(sources, n);
    free(sources);
}

void store_fold(struct store *store) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "%sobjects/pack", git_repository_commondir(store->repository));
    struct folder folder = {.path = path.data, .descriptor = open(path.data, O_RDONLY | O_CLOEXEC)};
    if (folder.descriptor < 0)
        return;
    list(&folder, false);
    if (folder.n > FOLD_AT && !folder.kept_by_git && store_own_packs(store)) {
        folder.n = 0; /* others may have folded until now */
        list(&folder, true);
        size_t n = folder.n > FOLD_AT ? count_small(&folder) : 0;
        if (n > 1)
            fold(&folder, n);
        store_share_packs(store);
    }
    close(folder.descriptor);
    free(folder.packs);
}
