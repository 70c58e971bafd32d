/*
 * How a path of a URL is spelled, and how else a server may read it: what the check of a rule's
 * paths (url_path.h) and the reading of a request's have in common. Texts are decoded or patterns,
 * end with NUL, and spell an encoded slash "%2F".
 */
#ifndef PATH_SPELLING_H
#define PATH_SPELLING_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in a path as it is, beside letters and digits. */
#define PATH_PLAIN "/-._~!$&'()+,;=:@"
/* In a decoded pattern, in the place of an asterisk that is a wildcard: no path holds it. */
#define PATH_WILDCARD '\1'

bool path_is_plain(char c);
bool path_is_hex_pair(const char *s);
bool path_is_escape(const char *s);        /* '%' and a hex pair */
unsigned char path_escaped(const char *s); /* the byte of such a one */
bool path_is_slash(const char *s);         /* "%2F" */

/* UAX #15: characters whose compatibility form, which some servers make, holds one of "/.\". */
bool path_looks_like_a_mark(uint32_t c);

/* The one spelling: plain characters as they are, the others as %XX in capitals. */
const char *path_spell(struct arena *arena, const char *text);

/*
 * The n texts that are in readings, each of them once, and behind them what servers may read them
 * as: %2F as a slash, "//" as "/", a segment without its ";parameters", and what comes of that in
 * these ways again. Returns how many they are; never more than most.
 */
size_t path_read_otherwise(struct arena *arena, const char **readings, size_t n, size_t most);

/* Of one text there are no more: what changes it is, at most, one replacing of slashes and one
 * dropping of parameters, in either order, and a merging before, between and behind them (1 * 2 + 2
 * * 4 + 2 * 8). */
enum { PATH_READINGS = 26 };

/* A "." or ".." between slashes. */
bool path_has_dot_segment(const char *s);

#endif
