/* Ceilings: "60/m", "500MiB/d", "2000000/d". */
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

static const struct {
    char letter;
    int64_t seconds;
} windows[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
enum { WINDOWS = sizeof windows / sizeof *windows };

/* "" is the last: there it is bytes. */
static const struct {
    const char *word;
    int shift;
} units[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}};
enum { UNITS = sizeof units / sizeof *units };

/* What stands behind the number, or NULL. */
static const char *read_count(const char *s, int64_t *count) {
    size_t n = strspn(s, "0123456789");
    if (n == 0 || s[0] == '0')
        return NULL;
    for (size_t i = 0; i < n; i++)
        *count = *count * 10 + (s[i] - '0');
    return s + n;
}

static bool read_window(const char *s, int64_t *seconds) {
    for (size_t i = 0; s && s[0] == '/' && i < WINDOWS; i++)
        if (windows[i].letter == s[1] && s[2] == '\0')
            *seconds = windows[i].seconds;
    return *seconds != 0;
}

static const char *parse_rate(struct arena *arena, const char *s, void *out) {
    (void)arena;
    struct rate rate = {0};
    if (!read_window(read_count(s, &rate.count), &rate.seconds))
        return "a number and /s, /m, /h or /d: 60/m, 1000/d";
    *(struct rate *)out = rate;
    return NULL;
}

static const char *parse_byte_rate(struct arena *arena, const char *s, void *out) {
    (void)arena;
    struct rate rate = {0};
    const char *rest = read_count(s, &rate.count);
    for (size_t i = 0; rest && i < UNITS - 1; i++)
        if (strncmp(rest, units[i].word, 3) == 0 && read_window(rest + 3, &rate.seconds)) {
            rate.count <<= units[i].shift;
            *(struct rate *)out = rate;
            return NULL;
        }
    return "a number, KiB, MiB, GiB or TiB, and /s, /m, /h or /d: 500MiB/d, 1GiB/h";
}

static void write_window(struct buf *b, const struct rate *rate) {
    if (rate->seconds == 1)
        buf_lit(b, "/s");
    else if (rate->seconds == 60)
        buf_lit(b, "/m");
    else if (rate->seconds == 3600)
        buf_lit(b, "/h");
    else
        buf_lit(b, "/d");
}

static void write_rate(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_uint(&b, (uint64_t)((const struct rate *)value)->count);
    write_window(&b, value);
    jw_inert(j, &b);
}

/* In the largest unit of which it is a whole number. */
static void write_bytes(struct buf *b, int64_t count) {
    size_t i = 0;
    while (count & ((INT64_C(1) << units[i].shift) - 1))
        i++;
    buf_uint(b, (uint64_t)(count >> units[i].shift));
    switch (units[i].shift) {
    case 40:
        buf_lit(b, "TiB");
        break;
    case 30:
        buf_lit(b, "GiB");
        break;
    case 20:
        buf_lit(b, "MiB");
        break;
    default:
        buf_lit(b, "KiB");
        break;
    }
}

static void write_byte_rate(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    write_bytes(&b, ((const struct rate *)value)->count);
    write_window(&b, value);
    jw_inert(j, &b);
}

static void window_words(struct buf *b, const struct rate *rate) {
    if (rate->seconds == 1)
        buf_lit(b, " a second");
    else if (rate->seconds == 60)
        buf_lit(b, " a minute");
    else if (rate->seconds == 3600)
        buf_lit(b, " an hour");
    else
        buf_lit(b, " a day");
}

static void count_words(struct buf *b, size_t i, const struct rate *rate) {
    if (i == 1)
        write_bytes(b, rate->count);
    else
        buf_uint(b, (uint64_t)rate->count);
    if (i == 0)
        buf_lit(b, " request");
    if (i == 2)
        buf_lit(b, " token");
    if (i != 1 && rate->count != 1)
        buf_lit(b, "s");
    window_words(b, rate);
}

bool ceilings_set(const struct ceilings *ceilings) {
    return ceilings->requests.count || ceilings->bytes.count || ceilings->tokens.count;
}

void ceilings_words(struct buf *b, const struct ceilings *ceilings) {
    const struct rate *const rates[] = {&ceilings->requests, &ceilings->bytes, &ceilings->tokens};
    bool any = false;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        if (!rates[i]->count)
            continue;
        if (any)
            buf_lit(b, ", ");
        any = true;
        count_words(b, i, rates[i]);
    }
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
                               .pattern = "^[1-9][0-9]*/[smhd]$"};

const struct type type_byte_rate = {.doc = "a ceiling of bytes",
                                    .kind = JSON_KIND_STRING,
                                    .size = sizeof(struct rate),
                                    .parse = parse_byte_rate,
                                    .write = write_byte_rate,
                                    .is_set = rate_is_set,
                                    .pattern = "^[1-9][0-9]*[KMGT]iB/[smhd]$"};
