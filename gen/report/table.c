#include "base/die.h"
#include "report/report_private.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, FIRST_ROWS = 16 };

void table_clear(struct table *table) {
    free(table->v);
    free(table->slots);
    *table = (struct table){.most = table->most};
}

static size_t hash(const char *const words[ROW_WORDS]) { /* FNV-1a; each word ends with its NUL */
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < ROW_WORDS; i++)
        for (const char *s = words[i];; s++) {
            h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
            if (!*s)
                break;
        }
    return (size_t)(h ^ h >> 32);
}

static bool same(const char *const a[ROW_WORDS], const char *const b[ROW_WORDS]) {
    for (size_t i = 0; i < ROW_WORDS; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static size_t *slot_of(const struct table *table, const char *const words[ROW_WORDS]) {
    size_t at = hash(words) & (table->slot_count - 1);
    while (table->slots[at] && !same(table->v[table->slots[at] - 1].words, words))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static void grow(struct table *table) {
    free(table->slots);
    table->slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS;
    table->slots = must_alloc(table->slot_count * sizeof *table->slots);
    memset(table->slots, 0, table->slot_count * sizeof *table->slots);
    for (size_t i = 0; i < table->n; i++)
        *slot_of(table, table->v[i].words) = i + 1;
}

struct row *table_row(struct table *table, struct arena *arena,
                      const char *const words[ROW_WORDS]) {
    if (2 * table->n >= table->slot_count)
        grow(table);
    size_t *slot = slot_of(table, words);
    if (*slot)
        return &table->v[*slot - 1];
    if (table->n == table->most) {
        table->left_out++;
        return NULL;
    }
    if (table->n == table->room) {
        table->room = table->room ? 2 * table->room : FIRST_ROWS;
        table->v = must_realloc(table->v, table->room * sizeof *table->v);
    }
    *slot = table->n + 1;
    struct row *row = &table->v[table->n++];
    *row = (struct row){0};
    for (size_t i = 0; i < ROW_WORDS; i++)
        row->words[i] = *words[i] ? arena_copy(arena, words[i]) : "";
    return row;
}

uint64_t row_total(const struct row *row) {
    return row->count[ALLOWED] + row->count[REFUSED] + row->count[AUDITED];
}

void row_time(struct row *row, const char *time) {
    if (!*row->first || strcmp(time, row->first) < 0)
        memcpy(row->first, time, DECISIONS_TIME);
    if (strcmp(time, row->last) > 0)
        memcpy(row->last, time, DECISIONS_TIME);
}

void row_few(struct row *row, struct arena *arena, const char *what) {
    for (size_t i = 0; i < row->few_count; i++)
        if (strcmp(row->few[i], what) == 0)
            return;
    if (row->few_count < ROW_FEW)
        row->few[row->few_count++] = arena_copy(arena, what);
    else
        row->more_than_few = true;
}

/* -- in order -- */

struct sorting {
    uint64_t weight;
    const struct row *row;
};

static int by_weight(const void *x, const void *y) {
    const struct sorting *a = x, *b = y;
    if (a->weight != b->weight)
        return a->weight < b->weight ? 1 : -1;
    for (size_t i = 0; i < ROW_WORDS; i++) {
        int order = strcmp(a->row->words[i], b->row->words[i]);
        if (order)
            return order;
    }
    return 0;
}

const struct row **table_sorted(const struct table *table, uint64_t (*which)(const struct row *)) {
    struct sorting *v = must_alloc((table->n + 1) * sizeof *v);
    const struct row **rows = must_alloc((table->n + 1) * sizeof *rows);
    for (size_t i = 0; i < table->n; i++)
        v[i] = (struct sorting){which(&table->v[i]), &table->v[i]};
    qsort(v, table->n, sizeof *v, by_weight);
    for (size_t i = 0; i < table->n; i++)
        rows[i] = v[i].row;
    free(v);
    return rows;
}
