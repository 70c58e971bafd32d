#ifndef TERMINAL_FILTER_PRIVATE_H
#define TERMINAL_FILTER_PRIVATE_H

#include "terminal/filter.h"

void out_bytes(struct filter *, const char *bytes, size_t length);
void out_string(struct filter *, const char *text);
void out_format(struct filter *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One sequence, whole: without its introducer. */
void filter_csi(struct filter *, const char *text, size_t length);
/* Others, in f->text[0..f->length]: without their introducer and their end. */
void filter_command(struct filter *, const char *end);
void filter_escape(struct filter *);

/* The character, as the terminal may have it: whether it may. */
bool filter_allows(uint32_t character);

/* How many bytes a character has by its first one; 0: it is none. And whether these are one, into
 * *character. */
unsigned utf8_wanted(unsigned char first);
bool utf8_is(const char *bytes, size_t length, uint32_t *character);

/* Where among the modes a row stands. */
unsigned mode_place(const struct sequence *);

/* Keeps in mind that the terminal was asked; false: it has too much to answer already, or nobody
 * takes the answer. */
bool filter_asks(struct filter *, enum question);

#endif
