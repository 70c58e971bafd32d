#include "write/write_sudoers.h"
#include "base/buf_raw.h"

#include <string.h>

/* sudoers(5), NAME of the grammar: such a word is an alias unless it stands in quotes. */
static bool like_an_alias(const char *s) {
    static const char inside[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return s[0] >= 'A' && s[0] <= 'Z' && s[strspn(s, inside)] == '\0';
}

/* "Other special characters and reserved words": a backslash takes their meaning. In quotes it
 * would stand for itself. */
void sudoers_user(struct buf *b, struct text name) {
    bool quoted = like_an_alias(name.s);
    if (quoted)
        buf_char(b, '"');
    for (const char *p = name.s; *p; p++) {
        if (strchr("\\@!=:,()\"# \t", *p))
            buf_char(b, '\\');
        buf_char(b, *p);
    }
    if (quoted)
        buf_char(b, '"');
}
