#include "read/where.h"
#include "base/die.h"
#include "read/json_scan.h"

#include <stdlib.h>
#include <string.h>

/* Where the target object begins in the text of value, which stands at p; NULL if nowhere. */
static const char *find_object(const char *p, const json_t *value, const json_t *target) {
    if (value == target)
        return p;
    bool object = json_is_object(value);
    if ((!object && !json_is_array(value)) || *p != (object ? '{' : '['))
        return NULL;
    struct scan_member m;
    size_t index = 0;
    for (p++; scan_next(&p, object, &m); index++) {
        const json_t *child;
        if (object) {
            CHAR_CLEANUP char *key = scan_unescaped(m.key, m.key_end);
            child = json_object_get(value, key);
        } else {
            child = json_array_get(value, index);
        }
        const char *found = child ? find_object(m.value, child, target) : NULL;
        if (found)
            return found;
    }
    return NULL;
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
    const char *object = find_object(scan_space(document->text), document->root, aim->object);
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
