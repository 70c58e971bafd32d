/* The values of a spec, from text to binary and back; calendar, nearest words, hosts, UTF-8. */
#include "base/calendar.h"
#include "base/utf8.h"
#include "base/words.h"
#include "read/host_suffixes.h"
#include "round_trip.h"
#include "spec/types.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena *arena;

/* What a type reads from s, printed back without its quotes; or "refused". */
static const char *there_and_back(const struct type *type, const char *s, void *value) {
    static char text[256];
    struct buf b BUF_CLEANUP = {0};
    struct json_writer j;
    if (type->parse(arena, s, value))
        return "refused";
    jw_start(&j, &b);
    type->write(&j, value);
    jw_finish(&j);
    snprintf(text, sizeof text, "%.*s", b.len > 3 ? (int)b.len - 3 : 0, b.data + 1);
    return text;
}

struct row {
    const char *in, *out; /* NULL: the same */
};

static void table(const struct type *type, const struct row *rows, size_t n) {
    union {
        struct cidr cidr;
        struct date date;
        struct text text;
        int64_t number;
    } value;
    for (size_t i = 0; i < n; i++) {
        memset(&value, 0, sizeof value);
        expect_equal(rows[i].in, there_and_back(type, rows[i].in, &value),
                     rows[i].out ? rows[i].out : rows[i].in);
    }
}

static const struct row cidrs[] = {
    {"10.0.0.0/8", NULL},
    {"0.0.0.0/0", NULL},
    {"255.255.255.255/32", NULL},
    {"::/0", NULL},
    {"::1/128", NULL},
    {"FD00:0001:0:0::/64", "fd00:1::/64"},
    {"2001:db8:0:1:1:1:1:0/128", "2001:db8:0:1:1:1:1:0/128"},
    {"2001:db8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"},
    {"10.0.0.1/8", "refused"},
    {"10.0.0.0/33", "refused"},
    {"::/129", "refused"},
    {"10.0.0.0", "refused"},
    {"10.0.0.0/", "refused"},
    {"10.0.0.0/-1", "refused"},
    {"10.0.0.0/+8", "refused"},
    {"10.0.0.0/ 8", "refused"},
    {"10.0.0.0/8 ", "refused"},
    {" 10.0.0.0/8", "refused"},
    {"010.0.0.0/8", "refused"},
    {"10.0.0/8", "refused"},
    {"10.0.0.0.0/8", "refused"},
    {"256.0.0.0/8", "refused"},
    {"fe80::1%eth0/128", "refused"},
    {"1::2::3/128", "refused"},
    {"/8", "refused"},
    {"", "refused"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:ffff:ffff/128", "refused"},
};
static const struct row sizes[] = {
    {"1K", NULL},
    {"512M", NULL},
    {"8G", NULL},
    {"1024M", "1G"},
    {"1048576K", "1G"},
    {"1536M", NULL},
    {"3T", NULL},
    {"4194303T", NULL},
    {"4194304T", "refused"},
    {"999999999999999K", NULL},
    {"1000000000000000K", "refused"},
    {"0G", "refused"},
    {"08G", "refused"},
    {"8", "refused"},
    {"G", "refused"},
    {"", "refused"},
    {"8g", "refused"},
    {"8GB", "refused"},
    {"-8G", "refused"},
    {"+8G", "refused"},
    {"1.5G", "refused"},
    {" 8G", "refused"},
    {"8 G", "refused"},
};
static const struct row durations[] = {
    {"1s", NULL},
    {"90m", NULL},
    {"8h", NULL},
    {"60s", "1m"},
    {"24h", "1d"},
    {"3600s", "1h"},
    {"86401s", NULL},
    {"36h", NULL},
    {"0s", "refused"},
    {"8", "refused"},
    {"8H", "refused"},
    {"8w", "refused"},
    {"1h30m", "refused"},
    {"", "refused"},
    {"h", "refused"},
    {"-1h", "refused"},
    {"53375995583650d", NULL},
    {"53375995583651d", "refused"},
};
static const struct row dates[] = {
    {"2026-01-01", NULL},      {"2026-12-31", NULL},      {"2024-02-29", NULL},
    {"2000-02-29", NULL},      {"2100-02-28", NULL},      {"2400-02-29", NULL},
    {"2026-02-29", "refused"}, {"2100-02-29", "refused"}, {"2026-04-31", "refused"},
    {"2026-00-10", "refused"}, {"2026-13-10", "refused"}, {"2026-10-00", "refused"},
    {"2026-10-32", "refused"}, {"1999-12-31", "refused"}, {"2026-1-01", "refused"},
    {"2026/01/01", "refused"}, {"26-01-01", "refused"},   {"2026-01-01 ", "refused"},
    {"2026-01- 1", "refused"}, {"+026-01-01", "refused"}, {"", "refused"},
};
static const struct row operators[] = {
    {"admin", NULL},
    {"_x", NULL},
    {"1a", NULL},
    {"first.last", NULL},
    {"user@realm.example", NULL},
    {"DOMAIN\\Alice.M", "DOMAIN\\\\Alice.M"}, /* as JSON has it */
    {"a+b-c_d", NULL},
    {"FOO", NULL},
    {"1000", "refused"},
    {"-x", "refused"},
    {".x", "refused"},
    {"@x", "refused"},
    {"%x", "refused"},
    {"#1", "refused"},
    {"a\\", "refused"},
    {"\\a", "refused"},
    {"a\\b\\c", "refused"},
    {"a\\-b", "refused"},
    {"a b", "refused"},
    {"a,b", "refused"},
    {"a!", "refused"},
    {"ALL", "refused"},
    {"Defaults", "refused"},
    {"Ädä", "refused"},
    {"", "refused"},
};
static const struct row workspace_paths[] = {
    {"/srv/x", NULL},
    {"/home/bob/Müller & Söhne (2024), a=b+c@d/it's_1.0-x", NULL},
    {"/srv/日本語  x", NULL},
    {"/srv/..x", NULL},
    {"srv/x", "refused"},
    {"~/x", "refused"},
    {"", "refused"},
    {"/srv//x", "refused"},
    {"/srv/x/", "refused"},
    {"/srv/../x", "refused"},
    {"/srv/./x", "refused"},
    {"/srv/ x", "refused"},
    {"/srv/x ", "refused"},
    {"/srv /x", "refused"},
    {"/srv/x\u00a0y", "refused"},
    {"/srv/x\u200by", "refused"},
    {"/srv/x\u202ey", "refused"},
    {"/srv/x\ufffd", "refused"},
    {"/srv/a:b", "refused"},
    {"/srv/a\"b", "refused"},
    {"/srv/a\\b", "refused"},
    {"/srv/$a", "refused"},
    {"/srv/%h", "refused"},
    {"/srv/a`b", "refused"},
    {"/srv/a*", "refused"},
    {"/srv/a#b", "refused"},
    {"/srv/a;b", "refused"},
    {"/srv/a|b", "refused"},
    {"/srv/<a>", "refused"},
    {"/srv/a{b}", "refused"},
    {"/srv/[a]", "refused"},
    {"/srv/a!", "refused"},
    {"/srv/~a", "refused"},
    {"/srv/a^b", "refused"},
    {"/srv/a?", "refused"},
};

/* Numerical Recipes' generator: the same addresses on every machine. */
static uint64_t seed = 1;
static unsigned next_number(unsigned below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

/* Random ranges with runs of zeros: printed, read by inet_pton(3) and by us, they are the same. */
static void random_cidrs(void) {
    enum { TIMES = 20000 };
    bool same = true, theirs = true;
    for (int i = 0; i < TIMES; i++) {
        struct cidr cidr = {.family = next_number(2) ? 4 : 6}, back = {0};
        unsigned bits = cidr.family == 4 ? 32 : 128;
        cidr.length = (uint8_t)next_number(bits + 1);
        for (unsigned bit = 0; bit < cidr.length; bit++)
            if (next_number(16) && next_number(2) && bit / 16 % 3 != (unsigned)i % 4)
                cidr.bytes[bit / 8] = (uint8_t)(cidr.bytes[bit / 8] | 0x80u >> bit % 8);
        struct buf b BUF_CLEANUP = {0};
        buf_cidr(&b, cidr);
        same = same && !type_cidr.parse(arena, b.data, &back) && back.family == cidr.family &&
               back.length == cidr.length && memcmp(back.bytes, cidr.bytes, sizeof cidr.bytes) == 0;
        uint8_t bytes[16] = {0};
        char *slash = strchr(b.data, '/');
        theirs = theirs && slash && (unsigned)atoi(slash + 1) == cidr.length;
        if (slash)
            *slash = '\0';
        theirs = theirs && inet_pton(cidr.family == 4 ? AF_INET : AF_INET6, b.data, bytes) == 1 &&
                 memcmp(bytes, cidr.bytes, sizeof bytes) == 0;
    }
    expect_true("random ranges read back", same);
    expect_true("random ranges, read by inet_pton", theirs);
}

static bool is_as_gmtime_has_it(time_t seconds) {
    struct tm tm;
    struct date date = calendar_date(seconds);
    return gmtime_r(&seconds, &tm) && date.year == tm.tm_year + 1900 &&
           date.month == tm.tm_mon + 1 && date.day == tm.tm_mday;
}

/* Every day of 400 years, counted against gmtime(3). */
static void calendar(void) {
    bool exist = true, rise = true, same = true;
    struct date before = {1969, 12, 31};
    int days = 0;
    for (int64_t day = 0; day < 146097; day++) {
        struct date date = calendar_date((time_t)(day * 86400 + 86399));
        exist = exist && calendar_exists(date.year, date.month, date.day);
        rise = rise && calendar_compare(before, date) < 0 && calendar_compare(date, before) > 0 &&
               calendar_compare(date, date) == 0;
        before = date;
        same = same && is_as_gmtime_has_it((time_t)(day * 86400)) &&
               is_as_gmtime_has_it((time_t)(day * 86400 + 86399));
    }
    for (int64_t day = 146097; day < ((int64_t)UINT16_MAX - 1970) * 365; day += 97)
        same = same && is_as_gmtime_has_it((time_t)(day * 86400));
    for (int year = 1970; year < 2370; year++)
        for (int month = -1; month <= 14; month++)
            for (int day = -1; day <= 33; day++)
                days += calendar_exists(year, month, day);
    expect_true("every day is as gmtime has it", same);
    expect_true("every day exists", exist);
    expect_true("each is later than the one before", rise);
    expect_true("no other day of 400 years exists", days == 146097);
    struct date last = calendar_date((time_t)1790000000);
    expect_true("a date by seconds", last.year == 2026 && last.month == 9 && last.day == 21);
    last = calendar_date(-1);
    expect_true("no date before 1970", last.year == 1970 && last.month == 1 && last.day == 1);
    last = calendar_date((time_t)1 << 42);
    expect_true("none that a year does not hold", last.year == 1970);
    setenv("SOURCE_DATE_EPOCH", "12345", 1);
    expect_true("SOURCE_DATE_EPOCH is the time", calendar_now() == 12345);
    setenv("SOURCE_DATE_EPOCH", "12345x", 1);
    expect_true("unless it is no number", calendar_now() > 1700000000);
    setenv("SOURCE_DATE_EPOCH", "-1", 1);
    expect_true("or below zero", calendar_now() > 1700000000);
}

static void words(void) {
    static const struct {
        const char *a, *b;
        size_t distance;
    } pairs[] = {
        {"", "", 0},         {"", "abc", 3},   {"abc", "", 3},           {"abc", "abc", 0},
        {"abc", "abd", 1},   {"abc", "ab", 1}, {"abc", "abcd", 1},       {"abc", "acb", 1},
        {"abcd", "badc", 2}, {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"rules", "ruels", 1},
        {"host", "hots", 1}, {"a", "b", 1},    {"flaw", "lawn", 2},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        expect_true(pairs[i].a, words_distance(pairs[i].a, pairs[i].b) == pairs[i].distance);
        expect_true(pairs[i].b, words_distance(pairs[i].b, pairs[i].a) == pairs[i].distance);
    }
    char exact[65], longer[66];
    memset(exact, 'x', 64);
    memset(longer, 'x', 65);
    exact[64] = longer[65] = '\0';
    expect_true("64 characters are compared", words_distance(exact, exact) == 0);
    expect_true("65 are not", words_distance(longer, longer) == 64);

    static const struct row meant[] = {{"rulse", "rules"},
                                       {"RULES", "rules"},
                                       {"Path", "path"},
                                       {"xyzzy", ""},
                                       {"pth", "path"},
                                       {"host", "hosts"},
                                       {"workspace", "workspaces"},
                                       {"", ""}};
    static const char *const known[] = {"rules", "path", "hosts", "workspaces", "name"};
    for (size_t i = 0; i < COUNT(meant); i++) {
        struct words_nearest nearest = {.wanted = meant[i].in};
        for (size_t k = 0; k < COUNT(known); k++)
            words_offer(&nearest, known[k]);
        expect_equal(meant[i].in, nearest.best ? nearest.best : "", meant[i].out);
    }
}

static void hosts(void) {
    static const struct {
        const char *a, *b;
        bool covers;
    } pairs[] = {
        {"example.org", "example.org", true},
        {"example.org", "a.example.org", false},
        {"example.org", "*.example.org", false},
        {"*.example.org", "example.org", false},
        {"*.example.org", "a.example.org", true},
        {"*.example.org", "a.b.example.org", true},
        {"*.example.org", "*.example.org", true},
        {"*.example.org", "*.a.example.org", true},
        {"*.a.example.org", "*.example.org", false},
        {"*.example.org", "notexample.org", false},
        {"*.example.org", "*.notexample.org", false},
        {"*.example.org", "example.org.evil.net", false},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct host_pattern a, b;
        bool read = !type_host_pattern.parse(arena, pairs[i].a, &a) &&
                    !type_host_pattern.parse(arena, pairs[i].b, &b);
        expect_true(pairs[i].b, read && host_covers(a, b) == pairs[i].covers);
    }
    static const char *const public[] = {"com",
                                         "org",
                                         "de",
                                         "co.uk",
                                         "com.au",
                                         "github.io",
                                         "pages.dev",
                                         "amazonaws.com",
                                         "s3.amazonaws.com",
                                         "eu-west-1.elb.amazonaws.com"};
    static const char *const owned[] = {"example.org", "anthropic.com",  "a.github.io",
                                        "co.example",  "xamazonaws.com", "debian.org",
                                        "bbc.co.uk"};
    for (size_t i = 0; i < COUNT(public); i++)
        expect_true(public[i], host_suffix_is_public(public[i]));
    for (size_t i = 0; i < COUNT(owned); i++)
        expect_true(owned[i], !host_suffix_is_public(owned[i]));
}

static void utf8(void) {
    static const struct {
        const char *s;
        uint32_t c;
        size_t n;
    } rows[] = {
        {"a", 'a', 1},
        {"\x7f", 0x7f, 1},
        {"\xc2\x80", 0x80, 2},
        {"\xdf\xbf", 0x7ff, 2},
        {"\xe0\xa0\x80", 0x800, 3},
        {"\xed\x9f\xbf", 0xd7ff, 3},
        {"\xee\x80\x80", 0xe000, 3},
        {"\xef\xbf\xbd", 0xfffd, 3},
        {"\xf0\x90\x80\x80", 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"\x80", 0xfffd, 1},             /* a continuation alone */
        {"\xbf", 0xfffd, 1},             /**/
        {"\xc0\x80", 0xfffd, 1},         /* overlong */
        {"\xc1\xbf", 0xfffd, 1},         /**/
        {"\xe0\x9f\xbf", 0xfffd, 1},     /**/
        {"\xf0\x8f\xbf\xbf", 0xfffd, 1}, /**/
        {"\xed\xa0\x80", 0xfffd, 1},     /* surrogates */
        {"\xed\xbf\xbf", 0xfffd, 1},     /**/
        {"\xf4\x90\x80\x80", 0xfffd, 1}, /* above Unicode */
        {"\xf5\x80\x80\x80", 0xfffd, 1}, /**/
        {"\xff", 0xfffd, 1},             /**/
        {"\xc3", 0xfffd, 1},             /* cut short */
        {"\xe2\x82", 0xfffd, 1},         /**/
        {"\xf0\x9f\x98", 0xfffd, 1},     /**/
        {"\xe2(\xa1", 0xfffd, 1},        /**/
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t c;
        size_t n = utf8_next(rows[i].s, &c);
        expect_true("utf8_next", n == rows[i].n && c == rows[i].c);
    }
    static const uint32_t unseen[] = {0x00,   0x09,   0x1f,   0x7f,   0x9f,    0xad,    0x61c,
                                      0x200b, 0x200f, 0x202a, 0x202e, 0x2066,  0x2069,  0x2028,
                                      0xfeff, 0xfe0f, 0xfffe, 0xffff, 0xe0041, 0x1fffe, 0x10ffff};
    static const uint32_t seen[] = {' ', '~', 0xa1, 0x5d0, 0x627, 0x2010, 0x2030, 0x65e5, 0x1f600};
    for (size_t i = 0; i < COUNT(unseen); i++)
        expect_true("leaves no mark", utf8_unseen(unseen[i]));
    for (size_t i = 0; i < COUNT(seen); i++)
        expect_true("leaves a mark", !utf8_unseen(seen[i]));
    expect_true("columns", utf8_columns("a\u00e9\u65e5\U0001f600", 10) == 4);
    expect_true("columns of nothing", utf8_columns("", 0) == 0);
}

int main(void) {
    arena = arena_new();
    table(&type_cidr, cidrs, COUNT(cidrs));
    table(&type_size, sizes, COUNT(sizes));
    table(&type_duration, durations, COUNT(durations));
    table(&type_date, dates, COUNT(dates));
    table(&type_operator, operators, COUNT(operators));
    table(&type_workspace_path, workspace_paths, COUNT(workspace_paths));
    random_cidrs();
    calendar();
    words();
    hosts();
    utf8();
    arena_free(arena);
    return finish();
}
