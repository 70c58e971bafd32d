#include "engine/redact_private.h"

#include <string.h>

/*
 * A few letters are too short for the filter, which would have to look at every other byte. So
 * three of them are compared with all places, many at once; and so is where a line break of RFC
 * 2045 begins, as what else is that short has one in it.
 */
enum { GRAM = 3, BLOCK = 64 };
typedef unsigned char lanes
    __attribute__((vector_size(16))); /* of gcc and clang, for any processor */

/* Those that are rarest in what people write. */
static size_t rarest(const char *text, size_t n) {
    static const char common[] = "etaoinsrhldcumfpgwybvkxjqz";
    size_t best = 0, most = 0;
    for (size_t at = 0; at + GRAM <= n; at++) {
        size_t rare = 0;
        for (size_t i = 0; i < GRAM; i++) {
            const char *found = memchr(common, text[at + i], sizeof common - 1);
            rare += found ? (size_t)(found - common) : sizeof common;
        }
        if (rare > most) {
            most = rare;
            best = at;
        }
    }
    return best;
}

static inline lanes all(int c) {
    lanes v;
    memset(&v, c, sizeof v);
    return v;
}

static inline lanes load(const unsigned char *data) {
    lanes v;
    memcpy(&v, data, sizeof v);
    return v;
}

/* Where the three stand, or a line break; a few other characters are taken for theirs, too. */
static inline lanes hits(const char *gram, const unsigned char *data) {
    lanes fold = all(0x20), a = load(data), b = load(data + 1), c = load(data + 2);
    lanes whole = (lanes)((a | fold) == all(gram[0])) & (lanes)((b | fold) == all(gram[1])) &
                  (lanes)((c | fold) == all(gram[2]));
    lanes ends = (lanes)((b & all(~7)) == all('\n' & ~7)); /* 10, 13, and six others */
    return whole | ((lanes)(a == all('=')) & ends);
}

static inline bool may_be_in(const char *gram, const unsigned char *data) {
    lanes found =
        hits(gram, data) | hits(gram, data + 16) | hits(gram, data + 32) | hits(gram, data + 48);
    uint64_t halves[2];
    memcpy(halves, &found, sizeof found);
    return halves[0] | halves[1];
}

/* With the '=' of its line break there. */
static bool broken_at(const struct forms *forms, const unsigned char *data, size_t size,
                      size_t at) {
    if (!at || !is_letter_or_digit(data[at - 1]) || size - at < 2 ||
        (data[at + 1] != '\r' && data[at + 1] != '\n'))
        return false;
    for (size_t i = 1; i < forms->short_n; i++) {
        const char *text = forms->text + forms->anchors[i].at;
        const char *mark = memchr(text, '=', forms->anchors[i].n);
        if (mark && anchor_at(forms, i, (size_t)(mark - text), data, size, at))
            return true;
    }
    return false;
}

bool letters_in(const struct forms *forms, const unsigned char *data, size_t size) {
    const char *text = forms->text + forms->anchors[0].at;
    size_t at = 0, offset = rarest(text, forms->anchors[0].n);
    while (at < size) {
        size_t end = at + 1;
        if (size - at >= BLOCK + GRAM) {
            end = at + BLOCK;
            if (!may_be_in(text + offset, data + at))
                at = end;
        }
        for (; at < end; at++)
            if (data[at] == '=' ? broken_at(forms, data, size, at)
                                : anchor_at(forms, 0, offset, data, size, at))
                return true;
    }
    return false;
}
