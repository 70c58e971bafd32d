/* Path patterns: which of them lets through all that another does. */
#include "policy_private.h"

#include <string.h>

size_t policy_path_token(const char *s) {
    return s[0] == '*' && s[1] == '*' ? 2 : 1;
}

/* The proxy reads %2F as a slash. */
bool policy_path_stays_inside(const char *s) {
    bool slash = s[0] == '%' && s[1] == '2' && (s[2] == 'F' || s[2] == 'f');
    return *s != '/' && !slash && policy_path_token(s) == 1;
}

/*
 * b's text is matched against a, its wildcards standing for themselves: what "*" or "**" of a takes
 * in, it takes in whatever b's wildcards there stand for. Bytes are compared as they are written,
 * so %41 is not seen to be A: then a change is told that is none, never the other way round.
 * The usual matching of wildcards: after a mismatch, the last one takes one more.
 */
bool policy_path_covers(const char *a, const char *b) {
    const char *star = NULL, *star_at = NULL, *stars = NULL, *stars_at = NULL;
    while (*b || *a) {
        if (*a == '*' && policy_path_token(a) == 2) {
            stars = a + 2, stars_at = b, star = NULL, a = stars;
        } else if (*a == '*') {
            star = a + 1, star_at = b, a = star;
        } else if (*b && *a == *b && *b != '*') {
            a++, b++;
        } else if (star && *star_at && policy_path_stays_inside(star_at)) {
            b = star_at += policy_path_token(star_at), a = star;
        } else if (stars && *stars_at) {
            b = stars_at += policy_path_token(stars_at), a = stars, star = NULL;
        } else {
            return false;
        }
    }
    return true;
}
