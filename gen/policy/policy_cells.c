/* What of a rule others do not permit, in as few parts as say it. */
#include "policy/policy_private.h"

#include <string.h>

/*
 * One rule, cell by cell: its paths, of each its ports, of each its methods. A cell holds until
 * when the other rules permit it: POLICY_NEVER, a day, or DONE where nothing is to be said.
 *
 * Each cell is looked for in one rule at a time. A request whose path can be read in two ways must
 * pass one rule with both; two rules that permit a reading each count as permitting it here.
 */
enum { DONE = UINT32_MAX };

struct box {
    const struct rule *rule;
    bool websocket;
    struct arena *arena;
    size_t pairs; /* of paths of which one covers the other */
    uint32_t *cells;
};

static size_t row(const struct box *box) {
    return box->rule->methods.n;
}

static size_t block(const struct box *box) {
    return box->rule->ports.n * row(box);
}

static size_t all(const struct box *box) {
    return box->rule->paths.n * block(box);
}

/* More cells, or pairs of paths, than any honest rule has: it is told as a whole. */
enum { CELLS_MAX = 4000000, PAIRS_MAX = 20000000 };

static void take_path(struct box *box, const struct rule *other, size_t path) {
    const struct rule *rule = box->rule;
    uint32_t *cell = box->cells + path * block(box), day = policy_day(other->expires);
    for (size_t q = 0; q < rule->ports.n; q++) {
        bool port = policy_has_number(other->ports.v, other->ports.n, rule->ports.v[q]);
        for (size_t m = 0; m < rule->methods.n; m++, cell++)
            if (port && *cell < day &&
                policy_has_name(other->methods.v, other->methods.n, rule->methods.v[m].s))
                *cell = day;
    }
}

/* Of a group, the first one holds longest. */
static void take(struct policy_entry *group, size_t at, void *context) {
    struct box *box = context;
    box->pairs += group->n;
    if (box->pairs <= PAIRS_MAX && policy_meets(group->part, box->rule) &&
        (!box->websocket || group->part->rule->websocket) &&
        policy_covers_query(box->arena, group->part->rule, box->rule) &&
        policy_covers_ceilings(&group->part->rule->ceilings, &box->rule->ceilings))
        take_path(box, group->part->rule, at);
}

/* False: that were too many pairs. */
static bool fill(struct policy_run *run, struct box *box, struct policy_index *less) {
    box->cells = arena_alloc(run->arena, all(box) * sizeof *box->cells);
    policy_find_covering(less, box->rule, take, box);
    for (size_t i = 0; i < all(box); i++)
        if (box->cells[i] >= policy_day(box->rule->expires))
            box->cells[i] = DONE;
    return box->pairs <= PAIRS_MAX;
}

/* -- the parts -- */

static void *copy(struct policy_run *run, const void *items, size_t size) {
    return memcpy(arena_alloc(run->arena, size), items, size);
}

/* Keeps a part, whose lists are in use for the next. */
static void add_part(struct policy_run *run, struct policy_parts *parts,
                     const struct policy_part *part) {
    if (parts->n == parts->cap) {
        size_t cap = parts->cap ? 2 * parts->cap : 32;
        struct policy_part **v = arena_alloc(run->arena, cap * sizeof *v);
        if (parts->n)
            memcpy(v, parts->v, parts->n * sizeof *v);
        parts->v = v;
        parts->cap = cap;
    }
    struct policy_part *kept = copy(run, part, sizeof *part);
    kept->methods = copy(run, part->methods, part->n_methods * sizeof *part->methods);
    kept->paths = copy(run, part->paths, part->n_paths * sizeof *part->paths);
    kept->ports = copy(run, part->ports, part->n_ports * sizeof *part->ports);
    parts->v[parts->n++] = kept;
}

/* The cells of one path and one port: a part for each day in them, which ports and paths of the
 * same kind share. */
static void add_row(struct policy_run *run, const struct box *box, struct policy_part *part,
                    uint32_t *cells, struct policy_parts *parts) {
    size_t n = row(box);
    part->methods = arena_alloc(run->arena, n * sizeof *part->methods);
    for (size_t m = 0; m < n; m++) {
        if (cells[m] == DONE)
            continue;
        part->until = cells[m];
        part->n_methods = 0;
        for (size_t k = m; k < n; k++)
            if (cells[k] == part->until) {
                part->methods[part->n_methods++] = box->rule->methods.v[k];
                cells[k] = DONE;
            }
        add_part(run, parts, part);
    }
}

static bool rows_equal(const uint32_t *a, const uint32_t *b, size_t n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

static void clear(uint32_t *cells, size_t n) {
    for (size_t i = 0; i < n; i++)
        cells[i] = DONE;
}

static bool done(const uint32_t *cells, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (cells[i] != DONE)
            return false;
    return true;
}

/* Ports of one path whose cells are the same go together. */
static void add_block(struct policy_run *run, const struct box *box, struct policy_part *part,
                      uint32_t *cells, struct policy_parts *parts) {
    const struct rule *rule = box->rule;
    size_t n = row(box);
    part->ports = arena_alloc(run->arena, rule->ports.n * sizeof *part->ports);
    for (size_t q = 0; q < rule->ports.n; q++) {
        if (done(cells + q * n, n))
            continue;
        part->n_ports = 0;
        for (size_t k = q; k < rule->ports.n; k++)
            if (k == q || rows_equal(cells + q * n, cells + k * n, n)) {
                part->ports[part->n_ports++] = rule->ports.v[k];
                if (k != q)
                    clear(cells + k * n, n);
            }
        add_row(run, box, part, cells + q * n, parts);
    }
}

/* Paths whose cells are the same go together. */
static void add_box(struct policy_run *run, const struct box *box, struct policy_parts *parts) {
    const struct rule *rule = box->rule;
    size_t n = block(box);
    struct policy_part part = {.rule = rule, .websocket = box->websocket};
    part.paths = arena_alloc(run->arena, rule->paths.n * sizeof *part.paths);
    for (size_t p = 0; p < rule->paths.n; p++) {
        if (done(box->cells + p * n, n))
            continue;
        part.n_paths = 0;
        for (size_t k = p; k < rule->paths.n; k++)
            if (k == p || rows_equal(box->cells + p * n, box->cells + k * n, n)) {
                part.paths[part.n_paths++] = rule->paths.v[k];
                if (k != p)
                    clear(box->cells + k * n, n);
            }
        add_block(run, box, &part, box->cells + p * n, parts);
    }
}

/* What the sentences without WebSockets say already: a rule's own are added there. */
static void drop_told(struct box *sockets, const uint32_t *plain) {
    for (size_t i = 0; i < all(sockets); i++)
        if (plain[i] == sockets->cells[i])
            sockets->cells[i] = DONE;
}

static void add_whole(struct policy_run *run, const struct rule *rule, struct policy_parts *parts) {
    struct policy_part whole = policy_whole(rule);
    add_part(run, parts, &whole);
}

void policy_add_missing(struct policy_run *run, const struct rule *rule, struct policy_index *less,
                        struct policy_parts *parts) {
    struct box box = {.rule = rule, .arena = run->arena},
               sockets = {.rule = rule, .arena = run->arena, .websocket = true};
    if (rule->paths.n * rule->ports.n > CELLS_MAX / rule->methods.n || !fill(run, &box, less) ||
        (rule->websocket && !fill(run, &sockets, less))) {
        add_whole(run, rule, parts);
        return;
    }
    if (rule->websocket)
        drop_told(&sockets, box.cells);
    add_box(run, &box, parts);
    if (rule->websocket)
        add_box(run, &sockets, parts);
}
