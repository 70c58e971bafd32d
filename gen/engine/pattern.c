/* A rule's path against a reading of a request's; and the patterns that a request would have
 * needed. */
#include "engine/target.h"

#include <stdint.h>
#include <string.h>

static const char wildcards[] = {PATTERN_SEGMENT, PATTERN_ALL, '\0'};

enum { WORD = 64, WORDS = PATTERN_LONGEST / WORD + 1 };

/*
 * All places of the pattern at which the text so far may have ended, one bit for each. What stands
 * at a place is a character that goes one further, or a wildcard that stays, and lets the place
 * behind it begin at once; no two wildcards stand beside each other.
 */
struct places {
    uint64_t all[WORDS], segment[WORDS]; /* the wildcards */
    uint64_t is[256][WORDS];             /* the characters */
    size_t words, end;
};

static void set(uint64_t *bits, size_t at) {
    bits[at / WORD] |= UINT64_C(1) << at % WORD;
}

static void places_of(struct places *places, const char *pattern, size_t n) {
    places->words = n / WORD + 1;
    places->end = n;
    memset(places->all, 0, sizeof places->all);
    memset(places->segment, 0, sizeof places->segment);
    for (size_t c = 0; c < 256; c++)
        memset(places->is[c], 0, places->words * sizeof(uint64_t));
    for (size_t i = 0; i < n; i++)
        if (pattern[i] == PATTERN_ALL)
            set(places->all, i);
        else if (pattern[i] == PATTERN_SEGMENT)
            set(places->segment, i);
        else
            set(places->is[(unsigned char)pattern[i]], i);
}

/* One character more; false when no place is left. */
static bool go_on(const struct places *places, uint64_t *now, unsigned char c) {
    uint64_t any = 0, carried = 0, entered = 0;
    for (size_t k = 0; k < places->words; k++) {
        uint64_t stay = places->all[k] | (c == '/' ? 0 : places->segment[k]);
        uint64_t step = now[k] & places->is[c][k];
        uint64_t next = (step << 1) | carried | (now[k] & stay);
        carried = step >> (WORD - 1);
        uint64_t wild = next & (places->all[k] | places->segment[k]);
        now[k] = next | (wild << 1) | entered;
        entered = wild >> (WORD - 1);
        any |= now[k];
    }
    return any != 0;
}

static bool matches_all(const char *pattern, size_t n, const char *text, size_t length) {
    struct places places;
    uint64_t now[WORDS] = {0};
    places_of(&places, pattern, n);
    set(now, 0);
    if (strchr(wildcards, pattern[0]))
        set(now, 1);
    for (size_t i = 0; i < length; i++)
        if (!go_on(&places, now, (unsigned char)text[i]))
            return false;
    return now[places.end / WORD] >> places.end % WORD & 1;
}

/* Most patterns end or fail before the places are needed. */
bool pattern_matches(const char *compiled, const char *reading) {
    size_t before = strcspn(compiled, wildcards);
    if (strncmp(compiled, reading, before) != 0)
        return false;
    compiled += before;
    reading += before;
    if (!*compiled)
        return !*reading;
    if (!compiled[1])
        return compiled[0] == PATTERN_ALL || !strchr(reading, '/');
    return matches_all(compiled, strlen(compiled), reading, strlen(reading));
}

/* -- what would have been needed -- */

/* The length of the character at s, which is valid UTF-8, as it is spelled in a pattern; *bytes: as
 * it stands. */
static size_t spelled(const char *s, size_t *bytes) {
    unsigned char c = (unsigned char)*s;
    *bytes = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return path_is_plain(*s) || path_is_slash(s) ? 1 : 3 * *bytes;
}

static bool cuts_a_slash(const char *reading, size_t at) {
    return (at >= 2 && path_is_slash(reading + at - 2)) ||
           (at >= 1 && path_is_slash(reading + at - 1));
}

static const char *shorten(struct arena *arena, const char *reading) {
    size_t length = 0, kept = 0, bytes;
    for (;;) {
        size_t more = spelled(reading + kept, &bytes);
        if (length + more > PATTERN_LONGEST - strlen("*/**"))
            break;
        length += more;
        kept += bytes;
    }
    while (cuts_a_slash(reading, kept))
        kept--;
    const char *rest = strchr(reading + kept, '/') ? "*/**" : "*";
    return arena_printf(arena, "%s%s", path_spell(arena, arena_copy_n(arena, reading, kept)), rest);
}

/* A shortened one can be read in its own ways. */
size_t target_patterns(struct arena *arena, const struct target *target, const char ***patterns,
                       bool *shortened) {
    size_t most = PATH_READINGS * PATH_READINGS;
    const char **found = arena_alloc(arena, most * sizeof *found);
    *shortened = false;
    for (size_t i = 0; i < target->reading_count; i++) {
        found[i] = path_spell(arena, target->readings[i]);
        if (strlen(found[i]) > PATTERN_LONGEST) {
            found[i] = shorten(arena, target->readings[i]);
            *shortened = true;
        }
    }
    *patterns = found;
    return path_read_otherwise(arena, found, target->reading_count, most);
}
