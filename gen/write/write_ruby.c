#include "write/write_ruby.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

static void escape(struct buf *out, const char *s) {
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (c == '"' || c == '\\' || c == '#')
            buf_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_lit(out, "\\n");
        else if (c == '\t')
            buf_lit(out, "\\t");
        else if (utf8_unseen(c))
            buf_printf(out, "\\u{%x}", c);
        else
            buf_add(out, s, n);
        s += n;
    }
}

static void quoted(struct buf *out, const char *s) {
    buf_char(out, '"');
    escape(out, s);
    buf_char(out, '"');
}

void ruby_text(struct buf *out, struct text text) {
    quoted(out, text.s);
}

void ruby_name(struct buf *out, struct name name) {
    quoted(out, name.s);
}
