#include "write/write_seatbelt.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

#include <string.h>

/* TinyScheme's readstrexp(): \n \r \t \" \\ and \xHH; every other byte stands for itself. */
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
            for (size_t i = 0; i < n; i++)
                buf_printf(out, "\\x%02x", (unsigned)(unsigned char)s[i]);
        else
            buf_add(out, s, n);
        s += n;
    }
}

void seatbelt_text(struct buf *out, struct text text) {
    buf_char(out, '"');
    escape(out, text.s);
    buf_char(out, '"');
}

static bool is_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static void resolved(struct buf *out, struct text path) {
    if (is_below(path.s, "/etc") || is_below(path.s, "/tmp") || is_below(path.s, "/var"))
        buf_lit(out, "/private");
    escape(out, path.s);
}

void seatbelt_resolved_(struct buf *out, struct text path) {
    buf_char(out, '"');
    resolved(out, path);
    buf_lit(out, "\")");
}

void seatbelt_ancestors(struct buf *out, struct text path) {
    struct buf whole BUF_CLEANUP = {0};
    resolved(&whole, path);
    buf_lit(out, "(literal \"/\")");
    for (size_t n = 1; n < whole.len; n++) {
        if (whole.data[n] != '/')
            continue;
        buf_lit(out, " (literal \"");
        buf_add(out, whole.data, n);
        buf_lit(out, "\")");
    }
}
