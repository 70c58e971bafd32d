#include "base/die.h"
#include "engine/redact_private.h"

#include <string.h>

/*
 * Anchors are looked for all at once. In each that has m bytes or more, m of them are chosen;
 * wherever they stand in data, one gram of them (`size` bytes of the m) begins at a place that m -
 * size + 1 divides. So only those places are looked at, by a hash of what stands there, and few are
 * in the filter.
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
static inline uint32_t gram_at(const struct filter *filter, const void *data) {
    uint32_t value;
    memcpy(&value, data, sizeof value);
    return (value & filter->mask) | filter->fold;
}

static inline uint32_t hash_of(uint32_t gram) {
    return (gram * UINT32_C(0x9e3779b1)) >> (32 - FILTER_BITS);
}

static void gram_add(struct filter *filter, const char *text, size_t anchor, size_t offset) {
    char padded[4] = {0};
    memcpy(padded, text + offset, filter->size);
    uint32_t value = gram_at(filter, padded), hash = hash_of(value);
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
    size_t window = LONGEST_WINDOW;
    for (size_t i = 0; i < forms->anchors_n; i++)
        if (forms->anchors[i].n < window)
            window = forms->anchors[i].n;
    filter->size = window < 6 ? (window < 4 ? 2 : 3) : 4;
    filter->stride = (unsigned)window - filter->size + 1;
    unsigned char mask[4] = {0}, fold[4] = {0};
    memset(mask, 0xff, filter->size);
    memset(fold, 0x20, filter->size);
    memcpy(&filter->mask, mask, 4);
    memcpy(&filter->fold, fold, 4);
    for (size_t i = 0; i < forms->anchors_n; i++)
        for (size_t offset = 0; offset < filter->stride; offset++)
            gram_add(filter, forms->text + forms->anchors[i].at, i, offset);
}

static bool is_anchor(const struct forms *forms, const struct anchor *anchor,
                      const unsigned char *data) {
    const char *text = forms->text + anchor->at;
    for (size_t i = 0; i < anchor->n; i++)
        if (lower(data[i]) != (unsigned char)text[i])
            return false;
    return true;
}

/* What the anchors with that gram say of it. */
static uint32_t look(const struct forms *forms, const unsigned char *data, size_t size, size_t at,
                     uint32_t gram, uint32_t found) {
    const struct filter *filter = &forms->filter;
    uint16_t next = filter->heads[hash_of(gram) >> (FILTER_BITS - HEAD_BITS)];
    while (next) {
        const struct gram *one = &filter->grams[next - 1];
        const struct anchor *anchor = &forms->anchors[one->anchor];
        next = one->next;
        if (one->value == gram && !(found >> anchor->form & 1) && one->offset <= at &&
            size - (at - one->offset) >= anchor->n &&
            is_anchor(forms, anchor, data + at - one->offset))
            found |= UINT32_C(1) << anchor->form;
    }
    return found;
}

static inline uint64_t maybe(const struct filter *filter, const void *data) {
    uint32_t hash = hash_of(gram_at(filter, data));
    return filter->bits[hash / 64] >> hash % 64 & 1;
}

uint32_t anchors_in(const struct forms *forms, const unsigned char *data, size_t size) {
    const struct filter *filter = &forms->filter;
    size_t at = 0, stride = filter->stride;
    uint32_t found = forms->always;
    for (; at + 3 * stride + 4 <= size; at += 4 * stride) {
        const unsigned char *s = data + at;
        if (!(maybe(filter, s) | maybe(filter, s + stride) | maybe(filter, s + 2 * stride) |
              maybe(filter, s + 3 * stride)))
            continue;
        for (size_t i = 0; i < 4; i++)
            if (maybe(filter, s + i * stride))
                found = look(forms, data, size, at + i * stride, gram_at(filter, s + i * stride),
                             found);
    }
    for (; at + filter->size <= size; at += stride) {
        unsigned char padded[4] = {0};
        memcpy(padded, data + at, filter->size);
        found = look(forms, data, size, at, gram_at(filter, padded), found);
    }
    return found;
}
