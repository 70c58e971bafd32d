#include "engine/redact_private.h"

#include <string.h>

/*
 * A few letters are too short for the filter, which would have to look at every other byte. So
 * two of them are compared with all places, many at once; and so is where a line break of RFC
 * 2045 begins, as what else is that short has one in it.
 */
enum { GRAM = 2, LANES = 16, BLOCK = 64 };
typedef unsigned char lanes
    __attribute__((vector_size(LANES))); /* of gcc and clang, for any processor */

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

struct two {
    lanes first, second;
};

/* Where the two stand, or a line break; a few other characters are taken for theirs, too. */
static inline lanes hits(struct two gram, const unsigned char *data) {
    lanes fold = all(0x20), a = load(data), b = load(data + 1);
    lanes whole = (lanes)((a | fold) == gram.first) & (lanes)((b | fold) == gram.second);
    lanes ends = (lanes)((b & all(~7)) == all('\n' & ~7)); /* 10, 13, and six others */
    return whole | ((lanes)(a == all('=')) & ends);
}

static inline bool is_any(lanes found) {
    uint64_t halves[2];
    memcpy(halves, &found, sizeof found);
    return halves[0] | halves[1];
}

static inline bool may_be_in(struct two gram, const unsigned char *data) {
    return is_any(hits(gram, data) | hits(gram, data + LANES) | hits(gram, data + 2 * LANES) |
                  hits(gram, data + 3 * LANES));
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

struct place {
    const struct forms *forms;
    const unsigned char *data;
    size_t size, offset; /* offset: of the gram in the letters */
};

static bool is_at(const struct place *in, size_t at) {
    return in->data[at] == '=' ? broken_at(in->forms, in->data, in->size, at)
                               : anchor_at(in->forms, 0, in->offset, in->data, in->size, at);
}

static bool is_in_block(const struct place *in, struct two gram, size_t at) {
    for (size_t end = at + BLOCK; at < end; at += LANES) {
        lanes found = hits(gram, in->data + at);
        for (size_t i = 0; i < LANES && is_any(found); i++)
            if (found[i] && is_at(in, at + i))
                return true;
    }
    return false;
}

bool letters_in(const struct forms *forms, const unsigned char *data, size_t size) {
    const char *text = forms->text + forms->anchors[0].at;
    const struct place in = {forms, data, size, rarest(text, forms->anchors[0].n)};
    const struct two gram = {all(text[in.offset]), all(text[in.offset + 1])};
    size_t at = 0;
    for (; size - at >= BLOCK + GRAM; at += BLOCK)
        if (may_be_in(gram, data + at) && is_in_block(&in, gram, at))
            return true;
    for (; at < size; at++)
        if (is_at(&in, at))
            return true;
    return false;
}
