/*
 * The first checkout of a repository that this process has just made: a thread writes the files
 * into a folder of ours while the pack is made and synced, and when the branch has moved, what is
 * in that folder is renamed to its place, one entry of the top after the other.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/worker.h"
#include "store/store_private.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/new" /* in the folder of our own files */

struct store_stage {
    bool whole;
    const struct snapshot *snapshot;
    char *folder;
    struct stat *seen; /* one for each node */
};

/* -- the thread -- */

/* No memory is asked for in here: a second thread's is set up anew, which takes longer than it
 * does. */
static bool write_files(const struct store_stage *stage) {
    char path[4096];
    if (mkdir(stage->folder, 0777) < 0)
        return false;
    for (size_t i = 1; i < stage->snapshot->n; i++) {
        const struct node *node = &stage->snapshot->nodes[i];
        int n = snprintf(path, sizeof path, "%s/%.*s", stage->folder, (int)node->path_length,
                         node->path);
        if (n < 0 || (size_t)n >= sizeof path)
            return false;
        if (node->file ? store_write_file(path, node->file, &stage->seen[i]) != STORE_DONE
                       : mkdir(path, 0777) < 0)
            return false;
    }
    return true;
}

static void run(void *of) {
    struct store_stage *stage = of;
    stage->whole = write_files(stage);
}

/* -- what is left -- */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind, (void)at;
    remove(path);
    return 0;
}

static void clear(const char *folder) {
    if (access(folder, F_OK) == 0)
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void store_clear_stage(const struct store *store) {
    BUF_CLEANUP struct buf folder = {0};
    buf_printf(&folder, "%s" FOLDER, store->own);
    clear(folder.data);
}

/* -- */

struct store_stage *store_stage_begin(const struct store *store, const struct snapshot *snapshot) {
    struct store_stage *stage = must_alloc(sizeof *stage);
    BUF_CLEANUP struct buf folder = {0};
    buf_printf(&folder, "%s" FOLDER, store->own);
    clear(folder.data);
    stage->snapshot = snapshot;
    stage->folder = must_copy(folder.data);
    stage->seen = must_alloc(snapshot->n * sizeof *stage->seen);
    worker_do(run, stage);
    return stage;
}

static bool place(const struct store *store, const struct store_stage *stage, size_t at) {
    const struct node *node = &stage->snapshot->nodes[at];
    BUF_CLEANUP struct buf from = {0};
    BUF_CLEANUP struct buf to = {0};
    buf_printf(&from, "%s/%.*s", stage->folder, (int)node->path_length, node->path);
    buf_printf(&to, "%s%.*s", git_repository_workdir(store->repository), (int)node->path_length,
               node->path);
    bool placed = rename(from.data, to.data) == 0;
    if (placed && node->file)
        store_see_again(to.data, &stage->seen[at]);
    return placed;
}

bool store_stage_place(const struct store *store, struct store_stage *stage, struct stat *seen) {
    const struct snapshot *snapshot = stage->snapshot;
    worker_wait();
    for (size_t i = 1; stage->whole && i < snapshot->n; i = snapshot->nodes[i].end)
        stage->whole = place(store, stage, i);
    for (size_t i = 1; stage->whole && i < snapshot->n; i++)
        if (snapshot->nodes[i].file)
            *seen++ = stage->seen[i];
    return stage->whole;
}

void store_stage_end(struct store_stage *stage) {
    if (!stage)
        return;
    worker_wait();
    clear(stage->folder);
    free(stage->folder);
    free(stage->seen);
    free(stage);
}
