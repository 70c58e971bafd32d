#include "write/write_unit.h"
#include "base/buf_raw.h"

#include <string.h>

/* systemd.syntax(7): C escapes between double quotes; systemd.unit(5): %% for %;
 * systemd.service(5), COMMAND LINES: $$ for $. */
static void word(struct buf *b, const char *s, bool argument) {
    buf_char(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_char(b, '\\');
        if (*s == '%' || (*s == '$' && argument))
            buf_char(b, *s);
        if (*s == '\n')
            buf_lit(b, "\\n");
        else if (*s == '\t')
            buf_lit(b, "\\t");
        else
            buf_char(b, *s);
    }
    buf_char(b, '"');
}

void unit_word(struct buf *b, struct text text) {
    word(b, text.s, false);
}

void unit_argument(struct buf *b, struct text text) {
    word(b, text.s, true);
}

/* No quotes: BindPaths= and its like split at colons before they unquote. A path's characters
 * need none. */
void unit_path(struct buf *b, struct path path) {
    for (const char *p = path.s; *p; p++) {
        if (*p == '%')
            buf_char(b, '%');
        buf_char(b, *p);
    }
}

/* Between quotes where it needs them: a workspace has no colon, at which those settings split. */
void unit_folder(struct buf *b, struct text path) {
    static const char bare[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+@-";
    if (path.s[strspn(path.s, bare)])
        word(b, path.s, false);
    else
        buf_str(b, path.s);
}

void unit_begin(struct buf *b, struct name key) {
    buf_name(b, key);
    buf_lit(b, "=\"");
}

void unit_end(struct buf *b) {
    buf_lit(b, "\"\n");
}

/* Between double quotes a backslash takes the special meaning from these four, and stays itself
 * before all others: IEEE Std 1003.1, Shell Command Language, 2.2.3, which systemd follows. */
void unit_assign_name(struct buf *b, struct name key, struct text value) {
    unit_begin(b, key);
    for (const char *p = value.s; *p; p++) {
        if (strchr("\"\\`$", *p))
            buf_char(b, '\\');
        buf_char(b, *p);
    }
    unit_end(b);
}
