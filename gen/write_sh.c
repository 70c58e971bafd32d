#include "write_sh.h"
#include "buf_raw.h"

#include <string.h>

/*
 * Nothing is special between single quotes but the quote that ends them, so a quote leaves them,
 * stands escaped, and enters them again. A shell that reads the file in a legacy multibyte locale
 * sees the same quotes: no such encoding has 0x27 as a trail byte.
 */
void sh_inside_(struct buf *b, struct text text) {
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

void sh_text(struct buf *b, struct text text) {
    buf_char(b, '\'');
    sh_inside_(b, text);
    buf_char(b, '\'');
}

void sh_assign_name(struct buf *b, struct name key, struct text value) {
    buf_name(b, key);
    buf_char(b, '=');
    sh_text(b, value);
    buf_char(b, '\n');
}

void sh_export(struct buf *b, struct name key, struct text value) {
    buf_lit(b, "export ");
    sh_assign_name(b, key, value);
}

void sh_begin_name(struct buf *b, struct name key) {
    buf_name(b, key);
    buf_lit(b, "='");
}

void sh_item(struct buf *b) {
    if (b->len && b->data[b->len - 1] != '\'')
        buf_char(b, ' ');
}

void sh_end(struct buf *b) {
    buf_lit(b, "'\n");
}
