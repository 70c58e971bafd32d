#include "write/write_json.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/utf8.h"

#include <string.h>

enum { DEPTH_MAX = 60 };

static uint64_t bit(unsigned depth) {
    return UINT64_C(1) << depth;
}

void jw_start(struct json_writer *j, struct buf *out) {
    *j = (struct json_writer){.out = out};
}

void jw_finish(struct json_writer *j) {
    if (j->depth)
        die("a JSON document is not closed");
    buf_lit(j->out, "\n");
}

static void new_line(struct json_writer *j) {
    buf_lit(j->out, "\n");
    for (unsigned i = 0; i < j->depth; i++)
        buf_lit(j->out, "  ");
}

/* What stands before any key, and before any value that follows no key. */
static void separate(struct json_writer *j) {
    if (j->depth == 0)
        return;
    if (j->filled & bit(j->depth))
        buf_lit(j->out, ",");
    j->filled |= bit(j->depth);
    new_line(j);
}

static void before_value(struct json_writer *j) {
    if (!j->after_key)
        separate(j);
    j->after_key = false;
}

static void open_with(struct json_writer *j, char bracket, bool array) {
    before_value(j);
    buf_char(j->out, bracket);
    if (++j->depth > DEPTH_MAX)
        die("JSON nested too deep");
    j->filled &= ~bit(j->depth);
    j->array = array ? j->array | bit(j->depth) : j->array & ~bit(j->depth);
}

void jw_object(struct json_writer *j) {
    open_with(j, '{', false);
}

void jw_array(struct json_writer *j) {
    open_with(j, '[', true);
}

void jw_end(struct json_writer *j) {
    bool filled = j->filled & bit(j->depth), array = j->array & bit(j->depth);
    j->depth--;
    if (filled)
        new_line(j);
    buf_char(j->out, array ? ']' : '}');
}

/* How many of the next bytes stand for themselves. */
static size_t plain(const char *s) {
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void escape(struct buf *out, const char *s) {
    while (*s) {
        uint32_t c;
        size_t run = plain(s);
        buf_add(out, s, run);
        s += run;
        if (!*s)
            return;
        size_t n = utf8_next(s, &c);
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_lit(out, "\\n");
        else if (c == '\t')
            buf_lit(out, "\\t");
        else if (utf8_unseen(c) && c > 0xffff) /* RFC 8259, section 7: a surrogate pair */
            buf_printf(out, "\\u%04x\\u%04x", 0xd800u + ((c - 0x10000) >> 10),
                       0xdc00u + ((c - 0x10000) & 0x3ff));
        else if (utf8_unseen(c))
            buf_printf(out, "\\u%04x", c);
        else
            buf_add(out, s, n);
        s += n;
    }
}

static void quoted(struct json_writer *j, const char *s) {
    buf_char(j->out, '"');
    escape(j->out, s);
    buf_char(j->out, '"');
}

static void key(struct json_writer *j, const char *s) {
    separate(j);
    quoted(j, s);
    buf_lit(j->out, ": ");
    j->after_key = true;
}

void jw_key_(struct json_writer *j, const char *literal) {
    key(j, literal);
}

void jw_key_name(struct json_writer *j, struct name k) {
    key(j, k.s);
}

void jw_key_text(struct json_writer *j, struct text k) {
    key(j, k.s);
}

static void string(struct json_writer *j, const char *s) {
    before_value(j);
    quoted(j, s);
}

void jw_literal_(struct json_writer *j, const char *literal) {
    string(j, literal);
}

void jw_name(struct json_writer *j, struct name value) {
    string(j, value.s);
}

void jw_path(struct json_writer *j, struct path value) {
    string(j, value.s);
}

void jw_text(struct json_writer *j, struct text value) {
    string(j, value.s);
}

void jw_inert(struct json_writer *j, const struct buf *value) {
    string(j, value->len ? value->data : "");
}

void jw_uint(struct json_writer *j, uint64_t value) {
    before_value(j);
    buf_uint(j->out, value);
}

void jw_bool(struct json_writer *j, bool value) {
    before_value(j);
    if (value)
        buf_lit(j->out, "true");
    else
        buf_lit(j->out, "false");
}
