#include "base/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool words_equal_ignoring_case(const char *a, const char *b) {
    return strcasecmp(a, b) == 0;
}

bool words_starts_ignoring_case(const char *s, const char *prefix) {
    return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment: Damerau's distance without editing a swap again. */
size_t words_distance(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return LONGEST;
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(changed, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

/* claude for claude-code */
static bool begins(const char *wanted, const char *candidate) {
    size_t n = strlen(wanted);
    return n >= 3 && strncmp(wanted, candidate, n) == 0 && candidate[n] == '-';
}

void words_offer(struct words_nearest *nearest, const char *candidate) {
    if (begins(nearest->wanted, candidate)) {
        bool longer = nearest->best && begins(nearest->wanted, nearest->best) &&
                      strlen(candidate) >= strlen(nearest->best);
        if (!longer) {
            nearest->best = candidate;
            nearest->distance = 1;
        }
        return;
    }
    size_t n = strlen(nearest->wanted), limit = n < 3 ? 0 : n < 5 ? 1 : n / 3 + 1;
    if (words_equal_ignoring_case(nearest->wanted, candidate))
        limit = LONGEST; /* PATH for path: surely meant */
    size_t distance = words_distance(nearest->wanted, candidate);
    if (distance > limit || (nearest->best && distance >= nearest->distance))
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}
