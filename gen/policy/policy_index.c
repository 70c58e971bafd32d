/*
 * The paths of many rules, found by what they cover: or each would be compared with each.
 *
 * Sorted by host and path they are a trie, whose nodes are ranges of them that begin alike. It is
 * walked with all the places of a path to which the bytes so far can lead, so that each node is
 * seen once, however many wildcards stand before it, and only where the path has what it begins
 * with.
 */
#include "base/die.h"
#include "policy/policy_private.h"
#include "spec/path_pattern.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct policy_index {
    struct policy_entry *entries;
    size_t n;
};

/* Within a group, the one that holds longest stands first. */
static int by_entry(const void *x, const void *y) {
    const struct policy_entry *a = x, *b = y;
    int order = policy_by_host(a->part->rule->host, b->part->rule->host);
    if (!order)
        order = strcmp(a->path, b->path);
    if (!order)
        order = policy_by_rights(a->part, b->part);
    if (!order)
        order = policy_by_day(b->part, a->part);
    return order ? order : policy_by_place(a->part, b->part);
}

static bool same_group(const struct policy_entry *a, const struct policy_entry *b) {
    return policy_by_host(a->part->rule->host, b->part->rule->host) == 0 &&
           strcmp(a->path, b->path) == 0 && policy_by_rights(a->part, b->part) == 0;
}

struct policy_index *policy_index_make(struct arena *arena, const struct policy_parts *parts) {
    struct policy_index *index = arena_alloc(arena, sizeof *index);
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++)
        n += parts->v[i]->n_paths;
    index->entries = arena_alloc(arena, n * sizeof *index->entries);
    for (size_t i = 0; i < parts->n; i++)
        for (size_t k = 0; k < parts->v[i]->n_paths; k++)
            index->entries[index->n++] =
                (struct policy_entry){.path = parts->v[i]->paths[k].s, .part = parts->v[i]};
    if (n)
        qsort(index->entries, n, sizeof *index->entries, by_entry);
    for (size_t first = 0, end; first < n; first = end) {
        end = first + 1;
        while (end < n && same_group(&index->entries[first], &index->entries[end]))
            end++;
        index->entries[first].n = index->entries[first].left = end - first;
    }
    return index;
}

struct range { /* of the entries */
    size_t first, end;
};

struct places { /* of the path, ascending; in walk.places */
    size_t first, n;
};

struct walk {
    struct policy_entry *entries;
    const char *path; /* which is to be covered */
    size_t length, at;
    size_t *places;
    size_t used, room;
    policy_found *found;
    void *context;
};

/* -- the nodes -- */

static struct range of_host(const struct policy_index *index, struct host_pattern host) {
    size_t bounds[2];
    for (int behind = 0; behind < 2; behind++) {
        size_t low = 0, high = index->n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (policy_by_host(index->entries[middle].part->rule->host, host) < behind)
                low = middle + 1;
            else
                high = middle;
        }
        bounds[behind] = low;
    }
    return (struct range){bounds[0], bounds[1]};
}

static unsigned char byte_at(const struct walk *walk, size_t entry, size_t depth) {
    return (unsigned char)walk->entries[entry].path[depth];
}

/* The first of the node's entries whose next byte is not below this one. */
static size_t not_below(const struct walk *walk, struct range node, size_t depth, int byte) {
    while (node.first < node.end) {
        size_t middle = node.first + (node.end - node.first) / 2;
        if (byte_at(walk, middle, depth) < byte)
            node.first = middle + 1;
        else
            node.end = middle;
    }
    return node.first;
}

static struct range child(const struct walk *walk, struct range node, size_t depth,
                          unsigned char byte) {
    bool empty = node.first == node.end;
    if (!empty && byte_at(walk, node.first, depth) == byte &&
        byte_at(walk, node.end - 1, depth) == byte)
        return node;
    node.first = not_below(walk, node, depth, byte);
    node.end = not_below(walk, node, depth, byte + 1);
    return node;
}

/* -- the places -- */

/* None yet, and room for all that there can be. */
static struct places no_places(struct walk *walk) {
    size_t most = walk->used + walk->length + 2;
    if (walk->room < most) {
        walk->room = 2 * most;
        walk->places = must_realloc(walk->places, walk->room * sizeof *walk->places);
    }
    return (struct places){walk->used, 0};
}

static void add_place(struct walk *walk, struct places *to, size_t place) {
    walk->places[walk->used++] = place;
    to->n++;
}

static struct places behind_byte(struct walk *walk, struct places from, char byte) {
    struct places to = no_places(walk);
    for (size_t i = 0; i < from.n; i++)
        if (walk->path[walk->places[from.first + i]] == byte)
            add_place(walk, &to, walk->places[from.first + i] + 1);
    return to;
}

/* Of several in one segment, the first leads to the end of it. */
static struct places behind_star(struct walk *walk, struct places from) {
    struct places to = no_places(walk);
    for (size_t i = 0; i < from.n; i++) {
        size_t place = walk->places[from.first + i];
        if (to.n && place <= walk->places[walk->used - 1])
            continue;
        add_place(walk, &to, place);
        while (walk->path[place] && path_pattern_stays_inside(walk->path + place))
            add_place(walk, &to, ++place);
    }
    return to;
}

static struct places behind_stars(struct walk *walk, struct places from) {
    struct places to = no_places(walk);
    size_t place = walk->places[from.first];
    for (; place < walk->length; place += path_pattern_token(walk->path + place))
        add_place(walk, &to, place);
    add_place(walk, &to, place);
    return to;
}

/* -- both -- */

static void tell_groups(const struct walk *walk, struct range node) {
    for (size_t i = node.first; i < node.end; i += walk->entries[i].n)
        walk->found(&walk->entries[i], walk->at, walk->context);
}

static void visit(struct walk *walk, struct range node, size_t depth, struct places from);

static void visit_wildcards(struct walk *walk, struct range node, size_t depth,
                            struct places from) {
    struct range star = child(walk, node, depth, '*');
    if (star.first == star.end)
        return;
    struct range stars = child(walk, star, depth + 1, '*');
    if (stars.first < stars.end)
        visit(walk, stars, depth + 2, behind_stars(walk, from));
    if (star.first == stars.first && stars.end == star.end)
        return;
    struct places inside = behind_star(walk, from);
    visit(walk, (struct range){star.first, stars.first}, depth + 1, inside);
    visit(walk, (struct range){stars.end, star.end}, depth + 1, inside);
}

/* All of the node's entries begin with the same bytes, so many; they lead to these places. */
static void visit(struct walk *walk, struct range node, size_t depth, struct places from) {
    bool seen[UCHAR_MAX + 1] = {['*'] = true}; /* only wildcards take one in */
    size_t used = walk->used;
    if (node.first == node.end || from.n == 0)
        return;
    const char *path = walk->entries[node.first].path;
    if (strcmp(path + depth, walk->entries[node.end - 1].path + depth) == 0) {
        if (path_pattern_covers(path, walk->path))
            tell_groups(walk, node);
        return;
    }
    visit_wildcards(walk, node, depth, from);
    for (size_t i = 0; i < from.n; i++) {
        char byte = walk->path[walk->places[from.first + i]];
        struct range next = {0, 0};
        walk->used = used;
        if (!seen[(unsigned char)byte])
            next = child(walk, node, depth, (unsigned char)byte);
        seen[(unsigned char)byte] = true;
        if (next.first < next.end)
            visit(walk, next, depth + 1, behind_byte(walk, from, byte));
    }
    walk->used = used;
}

static void find_of_host(struct walk *walk, const struct policy_index *index,
                         const struct rule *rule, struct host_pattern host) {
    struct range node = of_host(index, host);
    for (walk->at = 0; node.first < node.end && walk->at < rule->paths.n; walk->at++) {
        walk->path = rule->paths.v[walk->at].s;
        walk->length = strlen(walk->path);
        walk->used = 0;
        struct places start = no_places(walk);
        add_place(walk, &start, 0);
        visit(walk, node, 0, start);
    }
}

void policy_find_covering(struct policy_index *index, const struct rule *rule, policy_found *found,
                          void *context) {
    struct walk walk = {.entries = index->entries, .found = found, .context = context};
    find_of_host(&walk, index, rule, rule->host);
    for (const char *dot = strchr(rule->host.name.s, '.'); dot; dot = strchr(dot + 1, '.'))
        find_of_host(&walk, index, rule, (struct host_pattern){{dot + 1}, true});
    free(walk.places);
}
