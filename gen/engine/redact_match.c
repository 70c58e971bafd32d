#include "base/die.h"
#include "engine/redact_private.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL = 24 };

/* Where the units so far may end: several, as spellings begin each other. Sorted, each once. */
struct places {
    size_t *v, n, cap, usual[USUAL];
};

struct matching {
    const struct node *nodes;
    const struct form *form;
    const unsigned char *data;
    size_t size;
    struct places sets[2];
};

static void begin(struct matching *m, const struct forms *forms, const struct form *form,
                  const unsigned char *data, size_t size) {
    m->nodes = forms->nodes;
    m->form = form;
    m->data = data;
    m->size = size;
    for (size_t i = 0; i < 2; i++) {
        m->sets[i].v = m->sets[i].usual;
        m->sets[i].cap = USUAL;
    }
}

static void end(struct matching *m) {
    for (size_t i = 0; i < 2; i++)
        if (m->sets[i].v != m->sets[i].usual)
            free(m->sets[i].v);
}

static void places_grow(struct places *places) {
    size_t *old = places->v == places->usual ? NULL : places->v;
    size_t *new = must_realloc(old, 2 * places->cap * sizeof *new);
    if (!old)
        memcpy(new, places->usual, sizeof places->usual);
    places->v = new;
    places->cap *= 2;
}

/* They come nearly in order: what stands behind is no more than the longest spelling away. */
static void places_add(struct places *places, size_t place) {
    size_t at = places->n;
    while (at && places->v[at - 1] > place)
        at--;
    if (at && places->v[at - 1] == place)
        return;
    if (places->n == places->cap)
        places_grow(places);
    memmove(places->v + at + 1, places->v + at, (places->n - at) * sizeof *places->v);
    places->v[at] = place;
    places->n++;
}

/* Adds to found where spellings of this trie that begin at `at` end; whether data may end within
 * one. */
static bool follow(const struct matching *m, uint16_t first, size_t at, struct places *found) {
    uint16_t node = first;
    for (; node && at < m->size; at++) {
        while (node && m->nodes[node].byte != m->data[at])
            node = m->nodes[node].next;
        if (!node)
            return false;
        if (m->nodes[node].end)
            places_add(found, at + 1);
        node = m->nodes[node].child;
    }
    return node != 0;
}

static bool stands_at(const struct matching *m, struct bytes one, size_t at) {
    return m->size - at >= one.n && m->data[at] == (unsigned char)one.s[0] &&
           memcmp(m->data + at, one.s, one.n) == 0;
}

/* Each of them may stand there once, in their order. */
static void skip_breaks(const struct matching *m, struct places *places) {
    for (size_t i = 0; i < m->form->breaks_n; i++) {
        struct bytes one = m->form->breaks[i];
        for (size_t k = places->n; k--;)
            if (stands_at(m, one, places->v[k]))
                places_add(places, places->v[k] + one.n);
    }
}

static bool ends_in_break(const struct matching *m, size_t at) {
    size_t left = m->size - at;
    for (size_t i = 0; i < m->form->breaks_n; i++)
        if (left < m->form->breaks[i].n && memcmp(m->data + at, m->form->breaks[i].s, left) == 0)
            return true;
    return false;
}

/* Where it ends that begins here, or 0. With `unsure`, only whether data ends before that is known.
 */
static size_t match(struct matching *m, size_t at, bool *unsure) {
    struct places *now = &m->sets[0], *next = &m->sets[1];
    now->v[0] = at;
    now->n = 1;
    for (size_t i = 0; i < m->form->n; i++) {
        if (i)
            skip_breaks(m, now);
        next->n = 0;
        for (size_t k = 0; k < now->n; k++) {
            bool cut = follow(m, m->form->units[i], now->v[k], next);
            if (unsure && (cut || (i && ends_in_break(m, now->v[k])))) {
                *unsure = true;
                return 0;
            }
        }
        if (!next->n)
            return 0;
        struct places *other = now;
        now = next;
        next = other;
    }
    return now->v[now->n - 1];
}

static bool may_begin(const struct matching *m, size_t at) {
    const unsigned char *is = m->form->is;
    return is[m->data[at]] & BEGINS &&
           (!(is[m->data[at]] & ALONE) || at + 1 == m->size || is[m->data[at + 1]] & SECOND);
}

bool form_next(const struct forms *forms, const struct form *form, const unsigned char *data,
               size_t size, size_t *at, struct span *span) {
    struct matching m;
    size_t found = 0, start = *at;
    begin(&m, forms, form, data, size);
    for (; !found && start < size; start++)
        if (may_begin(&m, start))
            found = match(&m, start, NULL);
    end(&m);
    if (!found)
        return false;
    *span = (struct span){start - 1, found};
    *at = found;
    return true;
}

size_t form_tail(const struct forms *forms, const struct form *form, const unsigned char *data,
                 size_t size, size_t known) {
    size_t from = size > form->reach ? size - form->reach : 0, at = size;
    while (at > from && form->is[data[at - 1]] & INSIDE)
        at--;
    struct matching m;
    bool unsure = false;
    begin(&m, forms, form, data, size);
    for (; !unsure && at + known < size; at++)
        if (may_begin(&m, at))
            match(&m, at, &unsure);
    end(&m);
    return unsure ? size - at + 1 : 0;
}
