#include "write/write_sh.h"
#include "base/buf_raw.h"

#include <string.h>

/*
 * Nothing is special between single quotes but the quote that ends them, so a quote leaves them,
 * stands escaped, and enters them again. A shell that reads the file in a legacy multibyte locale
 * sees the same quotes: no such encoding has 0x27 as a trail byte.
 */
static void inside(struct buf *b, struct text text) {
    for (const char *p = text.s; *p;) {
        size_t plain = strcspn(p, "'");
        buf_add(b, p, plain);
        p += plain;
        if (*p == '\'') {
            buf_lit(b, "'\\''");
            p++;
        }
    }
}

void sh_export(struct buf *b, struct name key, struct text value) {
    buf_lit(b, "export ");
    sh_begin(b, key);
    inside(b, value);
    sh_end(b);
}

void sh_begin(struct buf *b, struct name key) {
    buf_name(b, key);
    buf_lit(b, "='");
}

void sh_end(struct buf *b) {
    buf_lit(b, "'\n");
}
