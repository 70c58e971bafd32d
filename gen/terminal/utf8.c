/* Characters of UTF-8, as RFC 3629 has them. */
#include "terminal/filter_private.h"

unsigned utf8_wanted(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool utf8_is(const char *bytes, size_t length, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    if (!length || length > 4 || utf8_wanted((unsigned char)*bytes) != length)
        return false;
    uint32_t code = (unsigned char)*bytes & mask[length];
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)bytes[i] & 0xc0) != 0x80)
            return false;
        code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
    }
    *character = code;
    return code >= least[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/* TABLE 12: C1, bidi, tags. */
bool filter_allows(uint32_t code) {
    return !((code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) ||
             (code >= 0x2066 && code <= 0x2069) || (code >= 0xe0000 && code <= 0xe007f));
}
