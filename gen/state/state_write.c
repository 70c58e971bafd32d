#include "base/buf_raw.h"
#include "base/die.h"
#include "state/state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLACK_NS = 50 * 1000 * 1000, COARSE_SLACK_S = 3, INPUT_MAX = 1 << 20 };

struct writer {
    struct buf text;
    struct timespec began;
    int folder; /* descriptor */
    bool failed;
};

static bool before(struct timespec a, struct timespec b, long seconds, long nanoseconds) {
    int64_t left = ((int64_t)b.tv_sec - a.tv_sec) * 1000000000 + (b.tv_nsec - a.tv_nsec);
    return left > (int64_t)seconds * 1000000000 + nanoseconds;
}

/* A file system that counts whole seconds is given three. */
static bool is_old(const struct stat *st, struct timespec began) {
    bool coarse = st->st_ctim.tv_nsec == 0;
    return coarse ? before(st->st_ctim, began, COARSE_SLACK_S, 0)
                  : before(st->st_ctim, began, 0, SLACK_NS);
}

/* -- what is in the checkout -- */

static void add_entry(struct writer *w, const char *path) {
    struct stat st;
    if (w->failed || fstatat(w->folder, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !is_old(&st, w->began)) {
        w->failed = true;
        return;
    }
    buf_printf(&w->text, "%x %" PRIx64 " %" PRIx64 " %lx %" PRIx64 " %lx %" PRIx64 " %s\n",
               (unsigned)st.st_mode, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
               (unsigned long)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
               (unsigned long)st.st_ctim.tv_nsec, (uint64_t)st.st_ino, path);
}

/* The folders of a path that the path before it did not have: paths are sorted. */
static void add_folders(struct writer *w, const char *path, const char *last) {
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        if (strncmp(path, last, n + 1) == 0)
            continue;
        CHAR_CLEANUP char *folder = must_alloc(n + 1);
        memcpy(folder, path, n);
        add_entry(w, folder);
    }
}

static void add_checkout(struct writer *w, const struct tree *tree) {
    const char *last = "";
    add_entry(w, ".");
    add_entry(w, ".git/HEAD");
    add_entry(w, ".git/config");
    add_entry(w, ".git/index");
    for (size_t i = 0; i < tree->n; i++) {
        add_folders(w, tree->files[i].path, last);
        last = tree->files[i].path;
        add_entry(w, last);
    }
}

/* -- what was read -- */

static void add_input(struct writer *w, const char *path) {
    CHAR_CLEANUP char *real = realpath(path, NULL);
    CHAR_CLEANUP char *text = must_alloc(INPUT_MAX);
    struct stat st;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0 || !real || strchr(path, '\n') || strchr(real, '\n') ||
        fstat(descriptor, &st) < 0 || !S_ISREG(st.st_mode) || !is_old(&st, w->began))
        w->failed = true;
    ssize_t n = w->failed ? -1 : read(descriptor, text, INPUT_MAX);
    if (descriptor >= 0)
        close(descriptor);
    if (n < 0 || n != st.st_size || n == INPUT_MAX) {
        w->failed = true;
        return;
    }
    buf_printf(&w->text, "%s\n%s\n%zx \n", path, real, (size_t)n);
    buf_add(&w->text, text, (size_t)n);
}

/* -- the file -- */

static void write_head(struct writer *w, const struct state *state) {
    buf_printf(&w->text, STATE_MAGIC "\n%s\n", program_identity);
    if (state->until.year)
        buf_date(&w->text, state->until);
    buf_printf(&w->text, "\n%s\n%s\n%s\n%zu\n", state->name, state->commit, state->branch,
               state->input_count);
}

static void save(struct writer *w) {
    const char *const new = STATE_FILE ".new";
    int descriptor =
        openat(w->folder, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        return;
    bool whole = write(descriptor, w->text.data, w->text.len) == (ssize_t)w->text.len;
    close(descriptor);
    if (whole)
        renameat(w->folder, new, w->folder, STATE_FILE);
}

void state_write(const struct state *state, struct timespec began) {
    struct writer w = {.began = began, .folder = open(state->folder, O_RDONLY | O_CLOEXEC)};
    if (w.folder < 0)
        return;
    write_head(&w, state);
    for (size_t i = 0; !w.failed && i < state->input_count; i++)
        add_input(&w, state->inputs[i]);
    add_checkout(&w, state->tree);
    buf_lit(&w.text, "end\n");
    if (!w.failed)
        save(&w);
    close(w.folder);
    buf_free(&w.text);
}
