/* Ceilings: "60/m". */
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

static const struct {
    char letter;
    int64_t seconds;
} windows[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
enum { WINDOWS = sizeof windows / sizeof *windows };

static const char *parse_rate(struct arena *arena, const char *s, void *out) {
    (void)arena;
    const char *why = "a number and /s, /m, /h or /d: 60/m, 1000/d";
    struct rate rate = {0};
    size_t n = strspn(s, "0123456789");
    if (n == 0 || s[0] == '0' || s[n] != '/' || strlen(s) != n + 2)
        return why;
    for (size_t i = 0; i < n; i++)
        rate.count = rate.count * 10 + (s[i] - '0');
    for (size_t i = 0; i < WINDOWS; i++)
        if (windows[i].letter == s[n + 1])
            rate.seconds = windows[i].seconds;
    if (!rate.seconds)
        return why;
    *(struct rate *)out = rate;
    return NULL;
}

static void write_rate(struct json_writer *j, const void *value) {
    const struct rate *rate = value;
    BUF_CLEANUP struct buf b = {0};
    buf_uint(&b, (uint64_t)rate->count);
    if (rate->seconds == 1)
        buf_lit(&b, "/s");
    else if (rate->seconds == 60)
        buf_lit(&b, "/m");
    else if (rate->seconds == 3600)
        buf_lit(&b, "/h");
    else
        buf_lit(&b, "/d");
    jw_inert(j, &b);
}

void rate_words(struct buf *b, const struct rate *rate) {
    buf_uint(b, (uint64_t)rate->count);
    if (rate->count == 1)
        buf_lit(b, " request ");
    else
        buf_lit(b, " requests ");
    if (rate->seconds == 1)
        buf_lit(b, "a second");
    else if (rate->seconds == 60)
        buf_lit(b, "a minute");
    else if (rate->seconds == 3600)
        buf_lit(b, "an hour");
    else
        buf_lit(b, "a day");
}

static bool rate_is_set(const void *value) {
    return ((const struct rate *)value)->count != 0;
}

const struct type type_rate = {.doc = "a ceiling",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct rate),
                               .parse = parse_rate,
                               .write = write_rate,
                               .is_set = rate_is_set,
                               .pattern = "^[1-9][0-9]{0,8}/[smhd]$"};
