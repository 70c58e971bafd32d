#include "read/json_edit.h"
#include "base/buf_raw.h"
#include "read/json_scan.h"

#include <stdlib.h>
#include <string.h>

/* Offsets, because the text moves; pointers only while it stands still. */
#define NO_PARENT SIZE_MAX

static void splice(struct buf *text, size_t at, size_t removed, const struct buf *put) {
    struct buf result = {0};
    buf_add(&result, text->data, at);
    buf_add(&result, put->data, put->len);
    buf_add(&result, text->data + at + removed, text->len - at - removed);
    buf_free(text);
    *text = result;
}

/* From the line break before end on, when there is one in [p, end); "\r\n" is one. */
static const char *last_line(const char *p, const char *end) {
    for (const char *q = end; q > p; q--)
        if (q[-1] == '\n')
            return q - 1 > p && q[-2] == '\r' ? q - 2 : q - 1;
    return NULL;
}

static bool one_line(const char *p, const char *end) {
    return !memchr(p, '\n', (size_t)(end - p));
}

static void put_member(struct buf *put, const char *key, const char *colon, size_t n,
                       const char *json) {
    buf_printf(put, "\"%s\"", key); /* a name of the schema: nothing to escape */
    buf_add(put, colon, n);
    buf_str(put, json);
}

/* The comma behind last, as the comma before it is; a blank line is not repeated. */
static void put_comma(struct buf *put, const char *object, const struct scan_member *before,
                      const struct scan_member *last) {
    const char *space = object + 1;
    if (before->end) {
        space = scan_space(before->end) + 1;
        buf_add(put, before->end, (size_t)(space - before->end - 1));
    }
    const char *line = last_line(space, last->key);
    buf_lit(put, ",");
    if (line || before->end)
        buf_add(put, line ? line : space, (size_t)(last->key - (line ? line : space)));
    else if (last->value > scan_space(last->key_end) + 1) /* "a": 1 has a space, "a":1 has none */
        buf_lit(put, " ");
}

static void append_member(struct buf *text, const char *object, const char *key, const char *json) {
    BUF_CLEANUP struct buf put = {0};
    struct scan_member before = {0}, last = {0}, m;
    for (const char *p = object + 1; scan_next(&p, true, &m); last = m)
        before = last;
    put_comma(&put, object, &before, &last);
    put_member(&put, key, last.key_end, (size_t)(last.value - last.key_end), json);
    splice(text, (size_t)(last.end - text->data), 0, &put);
}

/* The blanks that the line of p begins with. */
static const char *indent_of(const char *text, const char *p, size_t *n) {
    while (p > text && p[-1] != '\n')
        p--;
    *n = strspn(p, " \t");
    return p;
}

/* An object on a line of its own that shows how to write another; NULL: none. */
static const char *one_line_sibling(const char *parent, const char *object,
                                    struct scan_member *first) {
    const char *found = NULL;
    struct scan_member m, inner;
    for (const char *p = parent + 1; scan_next(&p, true, &m);) {
        const char *q = m.value + 1;
        if (m.value == object || *m.value != '{' || !scan_next(&q, true, &inner))
            continue;
        if (!one_line(m.value, m.end))
            return NULL;
        found = m.value;
        *first = inner;
    }
    return found;
}

static void put_in_line(struct buf *put, const char *object, const struct scan_member *first,
                        const char *key, const char *json) {
    size_t padding = (size_t)(first->key - object - 1);
    buf_add(put, object + 1, padding);
    put_member(put, key, first->key_end, (size_t)(first->value - first->key_end), json);
    buf_add(put, object + 1, padding);
}

/* On a line of its own, one step further in than the line of the object's key. */
static void put_in_lines(struct buf *put, const struct buf *text, const char *parent,
                         const struct scan_member *own, const char *key, const char *json) {
    size_t n, outer;
    const char *indent = indent_of(text->data, own->key, &n);
    const char *before = indent_of(text->data, parent, &outer);
    bool deeper = n > outer && memcmp(indent, before, outer) == 0;
    const char *step = deeper ? indent + outer : "  ";
    bool carriage = indent > text->data + 1 && indent[-2] == '\r';
    bool plain_colon = one_line(own->key_end, own->value);
    buf_str(put, carriage ? "\r\n" : "\n");
    buf_add(put, indent, n);
    buf_add(put, step, deeper ? n - outer : 2);
    put_member(put, key, plain_colon ? own->key_end : ": ",
               plain_colon ? (size_t)(own->value - own->key_end) : 2, json);
    buf_str(put, carriage ? "\r\n" : "\n");
    buf_add(put, indent, n);
}

/* The first member of an empty object, which is the value of a member of parent's. */
static void fill_empty(struct buf *text, const char *object, const char *parent, bool in_root,
                       const char *key, const char *json) {
    BUF_CLEANUP struct buf put = {0};
    struct scan_member m, own = {0}, first = {0}, sibling;
    for (const char *p = parent + 1; scan_next(&p, true, &m);) {
        first = first.key ? first : m;
        if (m.value == object)
            own = m;
    }
    const char *like = in_root ? NULL : one_line_sibling(parent, object, &sibling);
    if (like)
        put_in_line(&put, like, &sibling, key, json);
    else if (one_line(parent, own.key))
        put_in_line(&put, parent, &first, key, json);
    else
        put_in_lines(&put, text, parent, &own, key, json);
    splice(text, (size_t)(object + 1 - text->data), (size_t)(scan_space(object + 1) - object - 1),
           &put);
}

static void fill_root(struct buf *text, const char *object, const char *key, const char *json) {
    BUF_CLEANUP struct buf put = {0};
    buf_lit(&put, "\n  ");
    put_member(&put, key, ": ", 2, json);
    buf_lit(&put, "\n");
    splice(text, (size_t)(object + 1 - text->data), (size_t)(scan_space(object + 1) - object - 1),
           &put);
}

static void insert(struct buf *text, size_t object, size_t parent, size_t root, const char *key,
                   const char *json) {
    const char *at = text->data + object;
    if (*scan_space(at + 1) != '}')
        append_member(text, at, key, json);
    else if (parent == NO_PARENT)
        fill_root(text, at, key, json);
    else
        fill_empty(text, at, text->data + parent, parent == root, key, json);
}

/* A member of an object; of an array, the item of that index. */
static bool find_in(const char *container, const char *name, struct scan_member *m) {
    if (*container != '[')
        return scan_find(container, name, m);
    const char *p = container + 1;
    for (unsigned long i = strtoul(name, NULL, 10); scan_next(&p, false, m); i--)
        if (i == 0)
            return true;
    return false;
}

void json_edit_set(struct buf *text, const char *const *path, size_t n, const char *json) {
    size_t root = (size_t)(scan_space(text->data) - text->data), object = root, parent = NO_PARENT;
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n;
        struct scan_member m;
        bool found = find_in(text->data + object, path[i], &m);
        if (found && last) {
            BUF_CLEANUP struct buf put = {0};
            buf_str(&put, json);
            splice(text, (size_t)(m.value - text->data), (size_t)(m.end - m.value), &put);
            return;
        }
        if (!found) {
            insert(text, object, parent, root, path[i], last ? json : "{}");
            scan_find(text->data + object, path[i], &m);
        }
        parent = object;
        object = (size_t)(m.value - text->data);
    }
}

static void append_item(struct buf *text, const char *array, const char *json) {
    BUF_CLEANUP struct buf put = {0};
    struct scan_member before = {0}, last = {0}, m;
    for (const char *p = array + 1; scan_next(&p, false, &m); last = m)
        before = last;
    if (!last.end) {
        buf_str(&put, json);
        splice(text, (size_t)(array + 1 - text->data), (size_t)(scan_space(array + 1) - array - 1),
               &put);
        return;
    }
    /* As the last one is set off from what is before it; a blank line is not repeated. */
    const char *space = before.end ? scan_space(before.end) + 1 : array + 1;
    const char *line = last_line(space, last.value);
    buf_lit(&put, ",");
    buf_add(&put, line ? line : space, (size_t)(last.value - (line ? line : space)));
    if (put.len == 1)
        buf_lit(&put, " ");
    buf_str(&put, json);
    splice(text, (size_t)(last.end - text->data), 0, &put);
}

void json_edit_append(struct buf *text, const char *const *path, size_t n, const char *json) {
    const char *at = scan_space(text->data);
    for (size_t i = 0; i < n; i++) {
        struct scan_member m;
        if (!find_in(at, path[i], &m)) {
            BUF_CLEANUP struct buf list = {0};
            buf_printf(&list, "[%s]", json);
            json_edit_set(text, path, n, list.data);
            return;
        }
        at = m.value;
    }
    append_item(text, at, json);
}
