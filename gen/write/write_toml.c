#include "write/write_toml.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

static void escape(struct buf *out, const char *s) {
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_lit(out, "\\n");
        else if (c == '\t')
            buf_lit(out, "\\t");
        else if (utf8_unseen(c))
            buf_printf(out, c > 0xffff ? "\\U%08X" : "\\u%04X", c);
        else
            buf_add(out, s, n);
        s += n;
    }
}

void toml_text(struct buf *out, struct text text) {
    buf_char(out, '"');
    escape(out, text.s);
    buf_char(out, '"');
}

void toml_host(struct buf *out, struct host_pattern host) {
    buf_char(out, '"');
    buf_host(out, host);
    buf_char(out, '"');
}

void toml_path(struct buf *out, struct path path) {
    buf_char(out, '"');
    buf_path(out, path);
    buf_char(out, '"');
}
