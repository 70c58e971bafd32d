/*
 * What the files of the redactor share. A form is a row of units, one for each of its characters,
 * and a unit is a trie of all the spellings that encoders have for that character. All of it tells
 * the secret, so it is wiped before it is freed (redact_units.c has the memory).
 */
#ifndef REDACT_PRIVATE_H
#define REDACT_PRIVATE_H

#include "engine/bytes.h"
#include "engine/redact.h"

#include <stdatomic.h>
#include <stdint.h>

enum { FORMS = 17, SHORTEST_FORM = 6 };
/* Of a byte: begins a form; is then all of its first character; may come after that; may be in a
 * form. */
enum { BEGINS = 1, ALONE = 2, SECOND = 4, INSIDE = 8 };

/* Of a trie: 0 is no node. */
struct node {
    uint16_t child, next; /* the first that may follow; what else may stand here */
    unsigned char byte;
    bool end; /* a spelling ends here */
};

struct form {
    uint16_t *units;
    size_t n, reach;            /* reach: the longest, with one break after each unit */
    const struct bytes *breaks; /* what may stand between two units */
    size_t breaks_n;
    unsigned char is[256]; /* the above, of each byte */
};

/* In lower case, at text[at]. */
struct anchor {
    uint32_t at;
    uint8_t n, form;
};

/* The places of anchors are found by a few bytes of them, a gram. */
struct gram {
    uint32_t value;
    uint16_t anchor, next; /* next: of the same hash, + 1 */
    uint8_t offset;        /* where in the anchor */
};

enum { FILTER_BITS = 18, HEAD_BITS = 11 };
struct filter {
    unsigned size; /* bytes of a gram */
    size_t stride; /* every place so far from the last is looked at */
    uint64_t bits[(1 << FILTER_BITS) / 64];
    uint16_t heads[1 << HEAD_BITS];
    struct gram *grams;
    size_t n, cap;
};

struct forms {
    atomic_size_t references;
    struct form v[FORMS];
    size_t n;
    uint32_t always; /* those without an anchor: they are looked for everywhere */
    struct node *nodes;
    size_t nodes_n, nodes_cap;
    struct anchor *anchors;
    size_t anchors_n, anchors_cap;
    size_t short_n; /* so many, the first, are of a few letters: redact_letters.c */
    char *text;
    size_t text_n, text_cap;
    struct filter filter;
};

static inline unsigned char lower(unsigned char c) {
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static inline bool is_letter_or_digit(unsigned char c) {
    unsigned char low = lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
}

/* -- redact_units.c -- */

/* Room for n elements of that size; what was there is moved, and wiped where it was. */
void *secret_room(void *old, size_t *cap, size_t n, size_t size);
void secret_free(void *old, size_t n, size_t size);

enum unit_kind { SPELLED, PLAIN, IN_BASE64, IN_HEX, IN_DECIMAL, UNIT_KINDS };
struct unit {
    uint16_t first, longest;
};
/* Each is made once for a secret. */
struct units {
    struct forms *forms;
    struct unit made[UNIT_KINDS][128];
};
struct unit unit_of(struct units *units, enum unit_kind kind, unsigned char c);

/* -- redact_anchors.c -- */

void anchor_add(struct forms *forms, unsigned form, const void *text, size_t n);
void filter_make(struct forms *forms);
bool anchor_at(const struct forms *forms, size_t anchor, size_t offset, const unsigned char *data,
               size_t size, size_t at); /* whether it begins `offset` bytes before `at` */
/* A bit for each form that data has an anchor of, and for those that have none. */
uint32_t anchors_in(const struct forms *forms, const unsigned char *data, size_t size);

/* -- redact_letters.c -- */

/* Whether one of the first short_n anchors is in data. */
bool letters_in(const struct forms *forms, const unsigned char *data, size_t size);

/* -- redact_match.c -- */

struct span {
    size_t start, end;
};
/* The first at *at or behind it; *at goes behind it. */
bool form_next(const struct forms *forms, const struct form *form, const unsigned char *data,
               size_t size, size_t *at, struct span *span);
/* The length of the longest end of data that begins this form, where that is more than `known`. */
size_t form_tail(const struct forms *forms, const struct form *form, const unsigned char *data,
                 size_t size, size_t known);

#endif
