/* The types of what a base requires. */
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

enum { MOST_DAYS = 3650, LONGEST_NUMBER = 4 };

static const char *parse_lifetime(struct arena *arena, const char *s, void *out) {
    (void)arena;
    size_t n = strspn(s, "0123456789");
    int64_t days = 0;
    if (n == 0 || s[0] == '0' || s[n] != 'd' || s[n + 1])
        return "a number of days and d: 90d";
    for (size_t i = 0; i < n && i <= LONGEST_NUMBER; i++)
        days = days * 10 + (s[i] - '0');
    if (days > MOST_DAYS)
        return "1d to 3650d";
    *(int64_t *)out = days;
    return NULL;
}

static void write_lifetime(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_uint(&b, (uint64_t) * (const int64_t *)value);
    buf_lit(&b, "d");
    jw_inert(j, &b);
}

static bool lifetime_is_set(const void *value) {
    return *(const int64_t *)value != 0;
}

const struct type type_lifetime = {.doc = "how long a rule may last",
                                   .kind = JSON_KIND_STRING,
                                   .size = sizeof(int64_t),
                                   .parse = parse_lifetime,
                                   .write = write_lifetime,
                                   .is_set = lifetime_is_set,
                                   .pattern = "^[1-9][0-9]{0,3}d$"};

/* No enum's: without it nothing is asked. */
static const char *parse_bases(struct arena *arena, const char *s, void *out) {
    enum required_bases bases = BASES_SIGNED;
    (void)arena;
    memcpy(out, &bases, sizeof bases);
    return strcmp(s, "signed") == 0 ? NULL : "\"signed\", or it is left out";
}

static void write_bases(struct json_writer *j, const void *value) {
    (void)value;
    jw_string(j, "signed");
}

static bool bases_is_set(const void *value) {
    enum required_bases bases;
    memcpy(&bases, value, sizeof bases);
    return bases != BASES_ANY;
}

const struct type type_required_bases = {.doc = "what is asked of bases",
                                         .kind = JSON_KIND_STRING,
                                         .size = sizeof(enum required_bases),
                                         .parse = parse_bases,
                                         .write = write_bases,
                                         .is_set = bases_is_set,
                                         .pattern = "^signed$"};
