#include "write/write_nix.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

#include <string.h>

static bool has_unseen(const char *s) {
    while (*s) {
        uint32_t c;
        s += utf8_next(s, &c);
        if (utf8_unseen(c) && c != '\n' && c != '\t' && c != '\r')
            return true;
    }
    return false;
}

/* Nix manual, "String": these escapes and no others; "$${" and "$$${" make a bare $ a trap. */
static void escaped(struct buf *out, char c) {
    switch (c) {
    case '"':
    case '\\':
    case '$':
        buf_char(out, '\\');
        buf_char(out, c);
        break;
    case '\n':
        buf_lit(out, "\\n");
        break;
    case '\r':
        buf_lit(out, "\\r");
        break;
    case '\t':
        buf_lit(out, "\\t");
        break;
    default:
        buf_char(out, c);
    }
}

static void literal(struct buf *out, const char *s) {
    buf_lit(out, "\"");
    for (; *s; s++)
        escaped(out, *s);
    buf_lit(out, "\"");
}

/* The \u escape of JSON (RFC 8259, section 7), its backslash escaped for Nix. */
static void json_escape(struct buf *out, uint32_t c) {
    if (c > 0xffff)
        buf_printf(out, "\\\\u%04x\\\\u%04x", 0xd800u + ((c - 0x10000) >> 10),
                   0xdc00u + ((c - 0x10000) & 0x3ff));
    else
        buf_printf(out, "\\\\u%04x", c);
}

static void through_json(struct buf *out, const char *s) {
    buf_lit(out, "(builtins.fromJSON \"\\\"");
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (utf8_unseen(c) || c == '"' || c == '\\')
            json_escape(out, c);
        else if (n == 1)
            escaped(out, *s);
        else
            buf_add(out, s, n);
        s += n;
    }
    buf_lit(out, "\\\"\")");
}

void nix_string(struct buf *out, struct text value) {
    if (has_unseen(value.s))
        through_json(out, value.s);
    else
        literal(out, value.s);
}

static bool is_keyword(const char *s) {
    static const char *const keywords[] = {"assert", "else", "if",  "in",   "inherit",
                                           "let",    "or",   "rec", "then", "with"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(s, keywords[i]) == 0)
            return true;
    return false;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_bare(const char *s) {
    if (!is_letter(*s) || is_keyword(s))
        return false;
    for (; *s; s++)
        if (!is_letter(*s) && !(*s >= '0' && *s <= '9') && *s != '-')
            return false;
    return true;
}

void nix_attribute(struct buf *out, struct name name) {
    if (is_bare(name.s))
        buf_str(out, name.s);
    else
        literal(out, name.s);
}

void nix_line(struct buf *out, unsigned depth) {
    buf_lit(out, "\n");
    for (unsigned i = 0; i < depth; i++)
        buf_lit(out, "  ");
}
