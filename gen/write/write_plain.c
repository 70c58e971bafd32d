#include "write/write_plain.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

#include <string.h>

static void escaped(struct buf *b, const char *s, size_t characters) {
    for (; *s && characters; characters--) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (utf8_doubtful(c))
            buf_printf(b, "[U+%04X]", (unsigned)c);
        else if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", (char)c);
        else
            buf_add(b, s, n);
        s += n;
    }
    if (*s)
        buf_lit(b, "...");
}

void plain_short(struct buf *b, struct text text, size_t characters) {
    if (!text.s) {
        buf_lit(b, "none");
        return;
    }
    buf_lit(b, "\"");
    escaped(b, text.s, characters);
    buf_lit(b, "\"");
}

void plain_text(struct buf *b, struct text text) {
    plain_short(b, text, SIZE_MAX);
}

void plain_word(struct buf *b, struct text text) {
    size_t n = 0;
    while (text.s[n] > ' ' && text.s[n] <= '~' && text.s[n] != '"')
        n++;
    if (n && !text.s[n])
        buf_add(b, text.s, n);
    else
        plain_text(b, text);
}

void plain_again(struct buf *b, struct text words) {
    buf_str(b, words.s);
}

void plain_begin(struct buf *b, struct text words, bool small) {
    char c = words.s[0];
    buf_char(b, small && c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c);
    buf_str(b, words.s + 1);
}

/* -- lines -- */

enum { WIDTH = 76 };

/* A digit or a letter: of Latin, Greek, Cyrillic, kana, Chinese or Korean. */
static bool begins_well(const char *s) {
    static const struct {
        uint32_t first, last;
    } letters[] = {{'0', '9'},      {'A', 'Z'},       {'a', 'z'},       {0xc0, 0xd6},
                   {0xd8, 0xf6},    {0xf8, 0x24f},    {0x391, 0x3ff},   {0x400, 0x481},
                   {0x48a, 0x52f},  {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x4e00, 0x9fff},
                   {0xac00, 0xd7a3}};
    uint32_t c;
    utf8_next(s, &c);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (c >= letters[i].first && c <= letters[i].last)
            return true;
    return false;
}

/* How many bytes go on a line of so many columns: up to a blank, the last one that fits, else the
 * first one behind it. */
static size_t line_length(const char *s, size_t room) {
    size_t at = 0, best = 0;
    for (size_t column = 0; s[at]; column++) {
        uint32_t c;
        if (column > room && best)
            return best;
        if (at && s[at] == ' ' && begins_well(s + at + 1) && (column <= room || !best))
            best = at;
        at += utf8_next(s + at, &c);
        if (!s[at] && column >= room && best)
            return best;
    }
    return at;
}

void plain_item_(struct buf *b, const char *mark, struct text words) {
    const char *s = words.s;
    size_t indent = 2 + strlen(mark) + 1;
    buf_printf(b, "  %s ", mark);
    for (;;) {
        size_t n = line_length(s, WIDTH - indent);
        buf_add(b, s, n);
        buf_lit(b, "\n");
        if (!s[n])
            return;
        buf_lit(b, "      ");
        indent = 6;
        s += n + 1;
    }
}

void plain_cut(struct buf *b, struct text words, size_t columns) {
    const char *s = words.s;
    size_t n = strlen(s), fits = 0, word = 0;
    if (utf8_columns(s, n) <= columns) {
        buf_add(b, s, n);
        return;
    }
    for (size_t at = 0, column = 0; column + 3 <= columns; column++) {
        uint32_t c;
        fits = at;
        if (s[at] == ' ')
            word = at;
        at += utf8_next(s + at, &c);
    }
    n = word > fits / 2 ? word : fits;
    while (n && strchr(" ,;", s[n - 1]))
        n--;
    buf_add(b, s, n);
    buf_lit(b, "...");
}
