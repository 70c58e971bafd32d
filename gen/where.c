#include "where.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

/* The text has been parsed, so its grammar need not be checked again. */

static const char *skip_space(const char *p) {
    return p + strspn(p, " \t\r\n");
}

static const char *skip_string(const char *p) {
    for (p++; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p + 1;
}

static const char *skip_value(const char *p) {
    size_t depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (*p == '}' || *p == ']')
            depth--;
        else if (!strchr(",: \t\r\n", *p)) {
            p += strcspn(p, ",:]} \t\r\n");
            continue;
        }
        p++;
    } while (depth > 0);
    return p;
}

/* The string at p, unescaped by jansson; the caller frees it. */
static char *unescaped(const char *p, const char *end) {
    json_t *value = json_loadb(p, (size_t)(end - p), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    char *s = must_copy(value ? json_string_value(value) : "");
    json_decref(value);
    return s;
}

/* One member of an object or one item of an array; key and key_end are NULL in an array. */
struct member {
    const char *key, *key_end, *value, *end;
};

/* Steps through a container: *p stands behind its bracket or behind the last member. */
static bool next_member(const char **p, bool object, struct member *m) {
    const char *at = skip_space(*p);
    if (*at == ',')
        at = skip_space(at + 1);
    if (*at == '}' || *at == ']')
        return false;
    *m = (struct member){0};
    if (object) {
        m->key = at;
        m->key_end = skip_string(at);
        at = skip_space(skip_space(m->key_end) + 1);
    }
    m->value = at;
    m->end = *p = skip_value(at);
    return true;
}

/* Where the target object begins in the text of value, which stands at p; NULL if nowhere. */
static const char *find_object(const char *p, const json_t *value, const json_t *target) {
    if (value == target)
        return p;
    bool object = json_is_object(value);
    if ((!object && !json_is_array(value)) || *p != (object ? '{' : '['))
        return NULL;
    struct member m;
    size_t index = 0;
    for (p++; next_member(&p, object, &m); index++) {
        const json_t *child;
        if (object) {
            CHAR_CLEANUP char *key = unescaped(m.key, m.key_end);
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

static bool find_key(const char *object, const char *key, struct member *m) {
    const char *p = object + 1;
    while (next_member(&p, true, m)) {
        CHAR_CLEANUP char *name = unescaped(m->key, m->key_end);
        if (strcmp(name, key) == 0)
            return true;
    }
    return false;
}

static bool is_item(const struct member *m, const char *item) {
    size_t n = (size_t)(m->end - m->value);
    if (*m->value != '"')
        return strlen(item) == n && memcmp(m->value, item, n) == 0;
    CHAR_CLEANUP char *s = unescaped(m->value, m->end);
    return strcmp(s, item) == 0;
}

static bool find_item(const char *array, const struct aim *aim, struct member *m) {
    const char *p = array + 1;
    if (*array != '[')
        return false;
    for (size_t i = 0; next_member(&p, false, m); i++)
        if (aim->part == AIM_INDEX ? i == aim->index : is_item(m, aim->item))
            return true;
    return false;
}

bool where_find(const struct document *document, const struct aim *aim, size_t *offset,
                size_t *span) {
    if (!document->root)
        return false;
    const char *object = find_object(skip_space(document->text), document->root, aim->object);
    if (!object)
        return false;
    struct member m, item;
    const char *start = object, *end = object + 1;
    if (aim->key && find_key(object, aim->key, &m)) {
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
    struct member m;
    for (p++; next_member(&p, object, &m);) {
        if (object) {
            CHAR_CLEANUP char *key = unescaped(m.key, m.key_end);
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
    find_duplicates(&d, skip_space(document->text));
}
