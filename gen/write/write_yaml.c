#include "write/write_yaml.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 60 };

static uint64_t bit(unsigned depth) {
    return UINT64_C(1) << depth;
}

void yw_start(struct yaml_writer *y, struct buf *out) {
    *y = (struct yaml_writer){.out = out};
}

static void check_closed(const struct yaml_writer *y) {
    if (y->depth)
        die("a YAML document is not closed");
}

void yw_finish(struct yaml_writer *y) {
    check_closed(y);
}

void yw_next_document(struct yaml_writer *y) {
    check_closed(y);
    y->filled = 0;
    buf_lit(y->out, "---\n");
}

void yw_comment_(struct yaml_writer *y, const char *literal) {
    check_closed(y);
    buf_lit(y->out, "# ");
    buf_str(y->out, literal);
    buf_lit(y->out, "\n");
}

void yw_comment_text(struct yaml_writer *y, struct text text) {
    check_closed(y);
    buf_lit(y->out, "# ");
    for (const char *s = text.s; *s;) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (utf8_doubtful(c))
            buf_char(y->out, '?');
        else
            buf_add(y->out, s, n);
        s += n;
    }
    buf_lit(y->out, "\n");
}

static void indent(struct yaml_writer *y) {
    for (unsigned i = 1; i < y->depth; i++)
        buf_lit(y->out, "  ");
}

/* What stands before an item of a list. */
static void before_item(struct yaml_writer *y) {
    if (!(y->filled & bit(y->depth)) && y->depth > 1)
        buf_lit(y->out, "\n");
    y->filled |= bit(y->depth);
    indent(y);
    buf_lit(y->out, "- ");
}

static bool in_list(const struct yaml_writer *y) {
    return y->depth && (y->list & bit(y->depth));
}

static void before_value(struct yaml_writer *y) {
    if (in_list(y))
        before_item(y);
    else if (y->after_key)
        buf_lit(y->out, " ");
    y->after_key = false;
}

static void open_as(struct yaml_writer *y, bool list) {
    bool item = in_list(y);
    if (list && item)
        die("a YAML list in a list");
    if (item)
        before_item(y);
    y->after_key = false;
    if (++y->depth > DEPTH_MAX)
        die("YAML nested too deep");
    y->filled &= ~bit(y->depth);
    y->list = list ? y->list | bit(y->depth) : y->list & ~bit(y->depth);
    y->after_dash = item;
}

void yw_map(struct yaml_writer *y) {
    open_as(y, false);
}

void yw_list(struct yaml_writer *y) {
    open_as(y, true);
}

void yw_end(struct yaml_writer *y) {
    bool filled = y->filled & bit(y->depth), list = y->list & bit(y->depth);
    if (!filled && y->depth > 1 && !y->after_dash)
        buf_lit(y->out, " ");
    if (!filled && list)
        buf_lit(y->out, "[]\n");
    else if (!filled)
        buf_lit(y->out, "{}\n");
    y->after_dash = false;
    y->depth--;
}

/* How many of the next bytes stand for themselves. */
static size_t plain(const char *s) {
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void quoted(struct buf *out, const char *s) {
    buf_char(out, '"');
    while (*s) {
        uint32_t c;
        size_t run = plain(s);
        buf_add(out, s, run);
        s += run;
        if (!*s)
            break;
        size_t n = utf8_next(s, &c);
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_lit(out, "\\n");
        else if (c == '\t')
            buf_lit(out, "\\t");
        else if (utf8_doubtful(c) && c > 0xffff)
            buf_printf(out, "\\U%08x", c);
        else if (utf8_doubtful(c))
            buf_printf(out, "\\u%04x", c);
        else
            buf_add(out, s, n);
        s += n;
    }
    buf_char(out, '"');
}

static void before_key(struct yaml_writer *y) {
    bool first = !(y->filled & bit(y->depth));
    y->filled |= bit(y->depth);
    if (y->after_dash) {
        y->after_dash = false;
        return;
    }
    if (first && y->depth > 1)
        buf_lit(y->out, "\n");
    indent(y);
}

static void behind_key(struct yaml_writer *y) {
    buf_lit(y->out, ":");
    y->after_key = true;
}

void yw_key_(struct yaml_writer *y, const char *literal) {
    before_key(y);
    buf_str(y->out, literal);
    behind_key(y);
}

void yw_key_name(struct yaml_writer *y, struct name key) {
    before_key(y);
    quoted(y->out, key.s);
    behind_key(y);
}

static void string(struct yaml_writer *y, const char *s) {
    before_value(y);
    quoted(y->out, s);
    buf_lit(y->out, "\n");
}

void yw_literal_(struct yaml_writer *y, const char *literal) {
    string(y, literal);
}

void yw_name(struct yaml_writer *y, struct name value) {
    string(y, value.s);
}

void yw_path(struct yaml_writer *y, struct path value) {
    string(y, value.s);
}

void yw_text(struct yaml_writer *y, struct text value) {
    string(y, value.s);
}

void yw_inert(struct yaml_writer *y, const struct buf *value) {
    string(y, value->len ? value->data : "");
}

void yw_uint(struct yaml_writer *y, uint64_t value) {
    before_value(y);
    buf_uint(y->out, value);
    buf_lit(y->out, "\n");
}

void yw_bool(struct yaml_writer *y, bool value) {
    before_value(y);
    if (value)
        buf_lit(y->out, "true\n");
    else
        buf_lit(y->out, "false\n");
}
