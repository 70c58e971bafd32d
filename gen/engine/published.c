#include "engine/published.h"
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 200000 };

/* Of one package; the first is the oldest. */
struct told {
    struct arena *arena; /* holds it */
    const char *index, *name;
    struct published_file *files; /* sorted, each once */
    size_t count;
    struct told *next;
};

static struct told *first, **last = &first;
static size_t files_in_all;

static int by_file(const void *x, const void *y) {
    const struct published_file *a = x, *b = y;
    int order = strcmp(a->file, b->file);
    return order ? order : (a->when < b->when) - (a->when > b->when); /* the latest first */
}

static int of_file(const void *x, const void *y) {
    return strcmp(((const struct published_file *)x)->file,
                  ((const struct published_file *)y)->file);
}

static void forget(struct told **at) {
    struct told *told = *at;
    *at = told->next;
    if (!*at)
        last = at;
    files_in_all -= told->count;
    arena_free(told->arena);
}

static void copy_files(struct told *told, const struct published_file *files, size_t count) {
    told->files = arena_alloc(told->arena, (count + 1) * sizeof *told->files);
    for (size_t i = 0; i < count; i++)
        told->files[i] =
            (struct published_file){arena_copy(told->arena, files[i].file), files[i].when};
    qsort(told->files, count, sizeof *told->files, by_file);
    for (size_t i = 0; i < count; i++)
        if (!told->count || strcmp(told->files[told->count - 1].file, told->files[i].file) != 0)
            told->files[told->count++] = told->files[i];
}

void published_note(const char *index, const char *name, const struct published_file *files,
                    size_t count) {
    for (struct told **at = &first; *at; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0 && strcmp((*at)->index, index) == 0) {
            forget(at);
            break;
        }
    struct arena *arena = arena_new();
    struct told *told = arena_alloc(arena, sizeof *told);
    *told = (struct told){
        .arena = arena, .index = arena_copy(arena, index), .name = arena_copy(arena, name)};
    copy_files(told, files, count);
    *last = told;
    last = &told->next;
    files_in_all += told->count;
    while (files_in_all > MOST_FILES && first->next)
        forget(&first);
}

int64_t published_when(const char *index, const char *file) {
    const struct published_file wanted = {file, 0};
    int64_t when = PUBLISHED_UNKNOWN;
    for (const struct told *told = first; told; told = told->next) {
        const struct published_file *found =
            strcmp(told->index, index) == 0
                ? bsearch(&wanted, told->files, told->count, sizeof wanted, of_file)
                : NULL;
        if (found && found->when > when)
            when = found->when;
    }
    return when;
}
