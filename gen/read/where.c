#include "read/where.h"
#include "base/die.h"
#include "read/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where each object of a document begins: of a spec with a thousand mistakes the text is gone
 * through once. Sorted, once it is whole. */
struct places {
    bool made;
    size_t count, room;
    struct place {
        json_t *of; /* a reference, so that nothing else gets its address */
        const char *at;
    } * v;
};

struct places *where_new(void) {
    struct places *places = must_alloc(sizeof *places);
    *places = (struct places){0};
    return places;
}

void where_free(struct places *places) {
    for (size_t i = 0; places && i < places->count; i++)
        json_decref(places->v[i].of);
    if (places)
        free(places->v);
    free(places);
}

static void add_place(struct places *places, json_t *of, const char *at) {
    if (places->count == places->room) {
        places->room = 2 * places->room + 64;
        places->v = must_realloc(places->v, places->room * sizeof *places->v);
    }
    places->v[places->count++] = (struct place){json_incref(of), at};
}

/* Of value, whose text stands at p, and of what it holds. */
static void add_places(struct places *places, const char *p, json_t *value) {
    bool object = json_is_object(value);
    if ((!object && !json_is_array(value)) || *p != (object ? '{' : '['))
        return;
    if (object)
        add_place(places, value, p);
    struct scan_member m;
    p++;
    for (size_t index = 0; scan_next(&p, object, &m); index++) {
        json_t *child;
        if (object) {
            CHAR_CLEANUP char *key = scan_unescaped(m.key, m.key_end);
            child = json_object_get(value, key);
        } else {
            child = json_array_get(value, index);
        }
        if (child)
            add_places(places, m.value, child);
    }
}

static int compare_places(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    uintptr_t p = (uintptr_t)x->of, q = (uintptr_t)y->of;
    if (p != q)
        return p < q ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Where the target object begins; NULL if nowhere. Where a key stood twice, at the first. */
static const char *find_object(const struct document *document, const json_t *target) {
    struct places *places = document->places;
    if (!places->made) {
        add_places(places, scan_space(document->text), document->root);
        qsort(places->v, places->count, sizeof *places->v, compare_places);
        places->made = true;
    }
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)places->v[middle].of < (uintptr_t)target)
            low = middle + 1;
        else
            high = middle;
    }
    return low < places->count && places->v[low].of == target ? places->v[low].at : NULL;
}

static bool is_item(const struct scan_member *m, const char *item) {
    size_t n = (size_t)(m->end - m->value);
    if (*m->value != '"')
        return strlen(item) == n && memcmp(m->value, item, n) == 0;
    CHAR_CLEANUP char *s = scan_unescaped(m->value, m->end);
    return strcmp(s, item) == 0;
}

static bool find_item(const char *array, const struct aim *aim, struct scan_member *m) {
    const char *p = array + 1;
    if (*array != '[')
        return false;
    for (size_t i = 0; scan_next(&p, false, m); i++)
        if (aim->part == AIM_INDEX ? i == aim->index : is_item(m, aim->item))
            return true;
    return false;
}

bool where_find(const struct document *document, const struct aim *aim, size_t *offset,
                size_t *span) {
    if (!document->root)
        return false;
    const char *object = find_object(document, aim->object);
    if (!object)
        return false;
    struct scan_member m, item;
    const char *start = object, *end = object + 1;
    if (aim->key && scan_find(object, aim->key, &m)) {
        bool key_itself = aim->part == AIM_KEY;
        start = key_itself ? m.key : m.value;
        end = key_itself ? m.key_end : m.end;
        if (!key_itself && aim->part != AIM_VALUE && find_item(m.value, aim, &item))
            start = item.value, end = item.end;
    }
    if ((*start == '{' || *start == '['))
        end = start + 1; /* the whole container would underline too much */
    *offset = (size_t)(start - document->text);
    *span = (size_t)(end - start);
    return true;
}

struct duplicates {
    const struct document *document;
    void (*found)(const struct document *, size_t, size_t, void *);
    void *context;
};

static void find_duplicates(const struct duplicates *d, const char *p) {
    bool object = *p == '{';
    if (!object && *p != '[')
        return;
    json_t *seen = json_object();
    struct scan_member m;
    for (p++; scan_next(&p, object, &m);) {
        if (object) {
            CHAR_CLEANUP char *key = scan_unescaped(m.key, m.key_end);
            if (json_object_get(seen, key))
                d->found(d->document, (size_t)(m.key - d->document->text),
                         (size_t)(m.key_end - m.key), d->context);
            json_object_set_new(seen, key, json_true());
        }
        find_duplicates(d, m.value);
    }
    json_decref(seen);
}

void where_duplicates(const struct document *document,
                      void (*found)(const struct document *document, size_t offset, size_t span,
                                    void *context),
                      void *context) {
    struct duplicates d = {document, found, context};
    find_duplicates(&d, scan_space(document->text));
}
