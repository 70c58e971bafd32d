#include "spec/path_pattern.h"

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
