#include "spec/path_pattern.h"
#include "base/die.h"

#include <stdlib.h>
#include <string.h>

size_t path_pattern_token(const char *s) {
    return s[0] == '*' && s[1] == '*' ? 2 : 1;
}

/* The proxy reads %2F as a slash. */
bool path_pattern_stays_inside(const char *s) {
    bool slash = s[0] == '%' && s[1] == '2' && (s[2] == 'F' || s[2] == 'f');
    return *s != '/' && !slash && path_pattern_token(s) == 1;
}

/*
 * b's text is matched against a, its wildcards standing for themselves: what "*" or "**" of a takes
 * in, it takes in whatever b's wildcards there stand for. Bytes are compared as they are written,
 * so %41 is not seen to be A: then a change is told that is none, never the other way round.
 * The usual matching of wildcards: after a mismatch, the last one takes one more.
 */
bool path_pattern_covers(const char *a, const char *b) {
    const char *star = NULL, *star_at = NULL, *stars = NULL, *stars_at = NULL;
    while (*b || *a) {
        if (*a == '*' && path_pattern_token(a) == 2) {
            stars = a + 2, stars_at = b, star = NULL, a = stars;
        } else if (*a == '*') {
            star = a + 1, star_at = b, a = star;
        } else if (*b && *a == *b && *b != '*') {
            a++, b++;
        } else if (star && *star_at && path_pattern_stays_inside(star_at)) {
            b = star_at += path_pattern_token(star_at), a = star;
        } else if (stars && *stars_at) {
            b = stars_at += path_pattern_token(stars_at), a = stars, star = NULL;
        } else {
            return false;
        }
    }
    return true;
}

static bool takes(const char *wildcard, char c) {
    return *wildcard == '*' && (c != '/' || path_pattern_token(wildcard) == 2);
}

/* `here`: the places of b that may be reached with what stands before a; `next`: with a's first
 * token as well. */
static void reach(const char *a, const char *b, size_t n, bool *here, bool *next) {
    memset(next, 0, (n + 1) * sizeof *next);
    for (size_t k = 0; k <= n; k++) {
        if (!here[k])
            continue;
        if (*a == '*')
            next[k] = true;
        if (b[k] == '*') {
            here[k + path_pattern_token(b + k)] = true;
            next[k] = next[k] || (*a && *a != '*' && takes(b + k, *a));
        } else if (b[k] && takes(a, b[k])) {
            here[k + 1] = true;
        } else if (b[k] && *a == b[k]) {
            next[k + 1] = true;
        }
    }
}

bool path_patterns_meet(const char *a, const char *b) {
    size_t n = strlen(b);
    bool *both = must_alloc(2 * (n + 1) * sizeof *both), *here = both, *next = both + n + 1;
    here[0] = true;
    for (; *a; a += path_pattern_token(a)) {
        reach(a, b, n, here, next);
        bool *old = here;
        here = next;
        next = old;
    }
    reach(a, b, n, here, next); /* b's last wildcards may take nothing */
    bool meet = here[n];
    free(both);
    return meet;
}
