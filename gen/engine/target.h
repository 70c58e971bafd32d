/*
 * What a request names: host, port, path. Strict; one spelling of each name:
 * modules/proxy/target.py, in C. Each function gives NULL, or why there is no single, safe reading
 * (quotes nothing of the text).
 */
#ifndef TARGET_H
#define TARGET_H

#include "base/arena.h"
#include "engine/bytes.h"
#include "spec/path_spelling.h"

enum { TARGET_LONGEST = 32768 };

/* In origin form: RFC 9112, section 3.2.1. */
struct target {
    struct bytes path, query; /* query.s is NULL where there is no '?' */
    /* Every way in which a server may read the path, percent-decoded (UTF-8, but for %2F), each
     * ended by NUL, which none holds; PATH_READINGS at most. A rule must allow all of them. */
    const char **readings;
    size_t reading_count;
};

const char *target_parse(struct arena *arena, struct bytes raw, struct target *target);
/* In lower case, two labels or more, never an address. */
const char *target_host(struct arena *arena, struct bytes text, const char **name);
const char *target_port(struct bytes text, int *port);
/* host[:port]; with usual 0 (CONNECT) the port is required. */
const char *target_authority(struct arena *arena, struct bytes text, int usual, const char **host,
                             int *port);
/* The ending for which no name has a public address (world.h), or NULL. */
const char *target_special_use(const char *host);

/*
 * A rule's path. Why it is none, or NULL; with it the pattern as it is matched against readings,
 * ended by NUL: percent-decoded, PATTERN_SEGMENT stands for "*" and PATTERN_ALL for "**".
 */
enum { PATTERN_LONGEST = 500, PATTERN_SEGMENT = '\1', PATTERN_ALL = '\2' };
const char *pattern_compile(struct arena *arena, const char *pattern, const char **compiled);
/* Takes time in the length of the one times the length of the other at most. */
bool pattern_matches(const char *compiled, const char *reading);

/* Patterns that allow this path in all of its readings, and no other path; of one that is longer
 * than a pattern can be, its beginning decides, and *shortened is set. */
size_t target_patterns(struct arena *arena, const struct target *target, const char ***patterns,
                       bool *shortened);

#endif
