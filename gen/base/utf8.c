#include "base/utf8.h"

#include <string.h>

static size_t sequence_length(unsigned char lead) {
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    if (lead >= 0xf0 && lead < 0xf5)
        return 4;
    return 0;
}

size_t utf8_next(const char *s, uint32_t *c) {
    const unsigned char *p = (const unsigned char *)s;
    size_t n = sequence_length(p[0]);
    *c = 0xfffd;
    if (n == 0)
        return 1;
    if (n == 1) {
        *c = p[0];
        return 1;
    }
    uint32_t value = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least[n] || value > 0x10ffff || surrogate)
        return 1;
    *c = value;
    return n;
}

bool utf8_unseen(uint32_t c) {
    if (c >= 0x20 && c < 0x7f) /* nearly always */
        return false;
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
        {0x061c, 0x061c}, {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (c >= unseen[i].first && c <= unseen[i].last)
            return true;
    return (c & 0xfffe) == 0xfffe;
}

bool utf8_doubtful(uint32_t c) {
    bool blank = c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
                 c == 0x205f || c == 0x3000 || c == 0x2800;
    bool private_use = (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
    return blank || private_use || c == 0xfffd || utf8_unseen(c);
}

size_t utf8_columns(const char *s, size_t n) {
    size_t columns = 0, at = 0;
    while (at < n) {
        uint32_t c;
        at += utf8_next(s + at, &c);
        columns++;
    }
    return columns;
}

void utf8_hide_unseen(char *s) {
    char *to = s;
    for (size_t n; *s; s += n) {
        uint32_t c;
        n = utf8_next(s, &c);
        if (utf8_unseen(c)) {
            *to++ = '?';
            continue;
        }
        memmove(to, s, n);
        to += n;
    }
    *to = '\0';
}
