#include "write/write_gitconfig.h"
#include "base/buf_raw.h"

/*
 * Between double quotes blanks are kept and # and ; start no comment; of the escapes, git knows
 * only \\ \" \n \t \b and refuses every other. A line ends the value even there.
 */
static void gitconfig_char(struct buf *b, char c) {
    switch (c) {
    case '\\':
    case '"':
        buf_char(b, '\\');
        buf_char(b, c);
        break;
    case '\n':
        buf_lit(b, "\\n");
        break;
    case '\t':
        buf_lit(b, "\\t");
        break;
    default:
        buf_char(b, c);
    }
}

void gitconfig_value(struct buf *b, struct text text) {
    buf_char(b, '"');
    for (const char *p = text.s; *p; p++)
        gitconfig_char(b, *p);
    buf_char(b, '"');
}
