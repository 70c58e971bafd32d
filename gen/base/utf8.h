/* UTF-8 (RFC 3629), for strings that read.c has already found valid. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s (not at its end) into *c; returns its length in bytes, 1-4. An
 * invalid byte counts as one character, U+FFFD. */
size_t utf8_next(const char *s, uint32_t *c);

/* A character that leaves no mark on a screen or reorders what stands around it: control
 * characters, the bidirectional controls (UAX #9), zero-width and other default-ignorable code
 * points (UAX #44), line and paragraph separators, noncharacters. What is written for people shows
 * these by number. */
bool utf8_unseen(uint32_t c);

/* A message may quote what was read: what a terminal would act on becomes one '?'. */
void utf8_hide_unseen(char *s);

/* One of these; a blank that looks like a space and is none (Unicode's Zs beside U+0020); or one of
 * the private use areas, whose look nobody knows. */
bool utf8_doubtful(uint32_t c);

/* How many columns of a terminal the first n bytes take, each character counted as one. */
size_t utf8_columns(const char *s, size_t n);

#endif
