#include "base/die.h"
#include "engine/redact_private.h"

#include <string.h>

/*
 * Anchors are looked for all at once. The first m bytes of each are taken, m being the length of
 * the shortest; wherever they stand in data, one gram of them (`size` of the m) begins at a place
 * that m - size + 1 divides. So only those places are looked at, by a hash of what stands there.
 */
enum { LONGEST_WINDOW = 24 };

void anchor_add(struct forms *forms, unsigned form, const void *text, size_t n) {
    if (n > UINT8_MAX)
        die("an anchor of %zu bytes", n);
    const unsigned char *s = text;
    forms->text = secret_room(forms->text, &forms->text_cap, forms->text_n + n, 1);
    forms->anchors = secret_room(forms->anchors, &forms->anchors_cap, forms->anchors_n + 1,
                                 sizeof *forms->anchors);
    forms->anchors[forms->anchors_n++] =
        (struct anchor){(uint32_t)forms->text_n, (uint8_t)n, (uint8_t)form};
    for (size_t i = 0; i < n; i++)
        forms->text[forms->text_n++] = (char)lower(s[i]);
}

/* Letters in one case; a few other characters become equal, too. */
__attribute__((always_inline)) static inline uint32_t gram_at(const void *data, unsigned size) {
    const unsigned char *s = data;
    uint32_t value = s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16;
    if (size < 4)
        return value | (value & UINT32_C(0x404040)) >> 1;
    return (value | (uint32_t)s[3] << 24) | UINT32_C(0x20202020);
}

static inline uint32_t hash_of(uint32_t gram) {
    return (gram * UINT32_C(0x9e3779b1)) >> (32 - FILTER_BITS);
}

static void gram_add(struct filter *filter, const char *text, size_t anchor, size_t offset) {
    uint32_t value = gram_at(text + offset, filter->size), hash = hash_of(value);
    uint16_t *head = &filter->heads[hash >> (FILTER_BITS - HEAD_BITS)];
    if (filter->n == UINT16_MAX)
        die("the anchors of a secret have too many grams");
    filter->grams = secret_room(filter->grams, &filter->cap, filter->n + 1, sizeof *filter->grams);
    filter->grams[filter->n] = (struct gram){value, (uint16_t)anchor, *head, (uint8_t)offset};
    *head = (uint16_t)++filter->n;
    filter->bits[hash / 64] |= UINT64_C(1) << hash % 64;
}

void filter_make(struct forms *forms) {
    struct filter *filter = &forms->filter;
    size_t window =
        LONGEST_WINDOW; /* no anchor here has less than 5, as no secret has less than 8 */
    for (size_t i = forms->short_n; i < forms->anchors_n; i++)
        if (forms->anchors[i].n < window)
            window = forms->anchors[i].n;
    filter->size = window < 6 ? 3 : 4;
    filter->stride = window - filter->size + 1;
    for (size_t i = forms->short_n; i < forms->anchors_n; i++)
        for (size_t offset = 0; offset < filter->stride; offset++)
            gram_add(filter, forms->text + forms->anchors[i].at, i, offset);
}

bool anchor_at(const struct forms *forms, size_t anchor, size_t offset, const unsigned char *data,
               size_t size, size_t at) {
    const char *text = forms->text + forms->anchors[anchor].at;
    size_t n = forms->anchors[anchor].n;
    if (offset > at || size - (at - offset) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(data[at - offset + i]) != (unsigned char)text[i])
            return false;
    return true;
}

struct search {
    const struct forms *forms;
    const unsigned char *data;
    size_t size;
    uint32_t found;
};

/* A gram stands there, or what has its hash. */
__attribute__((noinline)) static void look(struct search *search, size_t at) {
    const struct filter *filter = &search->forms->filter;
    uint32_t value = gram_at(search->data + at, filter->size);
    uint16_t next = filter->heads[hash_of(value) >> (FILTER_BITS - HEAD_BITS)];
    while (next) {
        const struct gram *one = &filter->grams[next - 1];
        unsigned form = search->forms->anchors[one->anchor].form;
        if (one->value == value && !(search->found >> form & 1) &&
            anchor_at(search->forms, one->anchor, one->offset, search->data, search->size, at))
            search->found |= UINT32_C(1) << form;
        next = one->next;
    }
}

__attribute__((always_inline)) static inline void
step(struct search *search, const struct filter *filter, size_t at, unsigned size) {
    uint32_t hash = hash_of(gram_at(search->data + at, size));
    if (filter->bits[hash / 64] >> hash % 64 & 1)
        look(search, at);
}

/* Inlined for each size. */
__attribute__((always_inline)) static inline void look_everywhere(struct search *search,
                                                                  unsigned size) {
    const struct filter *filter = &search->forms->filter;
    size_t at = 0, stride = filter->stride, end = search->size;
    for (; at + 3 * stride + size <= end; at += 4 * stride) {
        step(search, filter, at, size);
        step(search, filter, at + stride, size);
        step(search, filter, at + 2 * stride, size);
        step(search, filter, at + 3 * stride, size);
    }
    for (; at + size <= end; at += stride)
        step(search, filter, at, size);
}

uint32_t anchors_in(const struct forms *forms, const unsigned char *data, size_t size) {
    struct search search = {forms, data, size, forms->always};
    if (forms->short_n && letters_in(forms, data, size))
        search.found |= UINT32_C(1) << forms->anchors[0].form;
    if (forms->filter.size == 4)
        look_everywhere(&search, 4);
    else
        look_everywhere(&search, 3);
    return search.found;
}
