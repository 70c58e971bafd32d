/* The types that become binary: numbers, words of a fixed list, addresses, dates, sizes. */
#include "base/calendar.h"
#include "spec/schema.h"
#include "spec/spec.h"
#include "spec/types.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_bool(struct json_writer *j, const void *value) {
    jw_bool(j, *(const bool *)value);
}

static bool bool_is_set(const void *value) {
    return *(const bool *)value;
}

const struct type type_bool = {.doc = "true or false",
                               .kind = JSON_KIND_BOOLEAN,
                               .size = sizeof(bool),
                               .write = write_bool,
                               .is_set = bool_is_set};

static void write_int(struct json_writer *j, const void *value) {
    jw_uint(j, (uint64_t) * (const int64_t *)value); /* no row has a range below zero */
}

static bool int_is_set(const void *value) {
    return *(const int64_t *)value != 0;
}

const struct type type_int = {.doc = "a whole number",
                              .kind = JSON_KIND_INTEGER,
                              .size = sizeof(int64_t),
                              .write = write_int,
                              .is_set = int_is_set};

/* Enums: the C value is the word's index. */
static bool enum_is_set(const void *value) {
    (void)value;
    return true;
}

_Static_assert(sizeof(enum shell) == sizeof(int), "enums are read and written as int");

/* The words appear twice: read.c finds the index in .values, the JSON writer takes literals only.
 */
#define ENUM_WRITER(id, ...)                                                                       \
    static const char *const id##_words[] = {__VA_ARGS__, NULL};                                   \
    static void write_##id(struct json_writer *j, const void *value) {                             \
        jw_literal_(j, id##_words[*(const int *)value]);                                           \
    }                                                                                              \
    const struct type type_##id
#define ENUM_TYPE_WITH(id, doc_text, set)                                                          \
    {                                                                                              \
        .doc = doc_text, .kind = JSON_KIND_STRING, .size = sizeof(int), .write = write_##id,       \
        .is_set = set, .values = id##_words                                                        \
    }
#define ENUM_TYPE(id, doc_text) ENUM_TYPE_WITH(id, doc_text, enum_is_set)

ENUM_WRITER(shell, "bash", "zsh") = ENUM_TYPE(shell, "a shell");
ENUM_WRITER(system, "x86_64-linux", "aarch64-linux", "x86_64-darwin",
            "aarch64-darwin") = ENUM_TYPE(system, "a system");
ENUM_WRITER(host_kind, "plain", "nixos", "darwin", "home-manager", "system-manager",
            "wsl") = ENUM_TYPE(host_kind, "a kind of host");
/* One that is not there: projects come without it. */
static bool past_first(const void *value) {
    return *(const int *)value != 0;
}
ENUM_WRITER(project_home, "shared", "per-project") = {.doc = "a choice",
                                                      .kind = JSON_KIND_STRING,
                                                      .size = sizeof(int),
                                                      .write = write_project_home,
                                                      .is_set = past_first,
                                                      .values = project_home_words};
ENUM_WRITER(unenforced, "refuse", "accept") = ENUM_TYPE(unenforced, "a choice");
ENUM_WRITER(access, "read-write", "read-only") = ENUM_TYPE(access, "an access");
ENUM_WRITER(enforcement, "enforce", "audit") = ENUM_TYPE(enforcement, "an enforcement");
ENUM_WRITER(login_body, "form", "json", "none") = ENUM_TYPE(login_body, "a body");
static bool clipboard_is_set(const void *value) {
    return *(const enum clipboard *)value != CLIPBOARD_NEVER;
}
ENUM_WRITER(clipboard, "never", "write") = ENUM_TYPE_WITH(clipboard, "what becomes of a clipboard",
                                                          clipboard_is_set);
ENUM_WRITER(notify, "local", "always", "never") = ENUM_TYPE_WITH(notify, "who is notified",
                                                                 past_first);
ENUM_WRITER(engine, "auto", "native", "mitmproxy") = ENUM_TYPE(engine, "an engine");
ENUM_WRITER(managed, "claude-code", "codex", "copilot",
            "gemini-cli") = ENUM_TYPE(managed, "an agent with settings of an administrator's");
ENUM_WRITER(expectation, "allow", "deny") = ENUM_TYPE(expectation, "what is expected");
ENUM_WRITER(signed_change, "any", "widening", "credential",
            "relaxation") = ENUM_TYPE(signed_change, "what changes");
ENUM_WRITER(required, "owner", "reason", "expires") = ENUM_TYPE(required, "what a rule says");
ENUM_WRITER(scheme, "https", "http", "tcp", "tls") = ENUM_TYPE(scheme, "a scheme");
bool scheme_is_read(enum scheme scheme) {
    return scheme == SCHEME_HTTPS || scheme == SCHEME_HTTP;
}

const char *scheme_word(enum scheme scheme) {
    return scheme_words[scheme];
}

ENUM_WRITER(protocol, "tcp", "udp") = ENUM_TYPE(protocol, "a protocol");

/* The names that flake.nix knows how to use. */
const char *const input_names[] = {"nixpkgs",        "home-manager",  "nix-darwin",
                                   "system-manager", "agent-sandbox", NULL};

static void write_input(struct json_writer *j, const void *value) {
    jw_name(j, *(const struct name *)value);
}

static bool input_is_set(const void *value) {
    return ((const struct name *)value)->s != NULL;
}

static const char *parse_input(struct arena *arena, const char *s, void *out) {
    for (size_t i = 0; input_names[i]; i++)
        if (strcmp(input_names[i], s) == 0) {
            *(struct name *)out = (struct name){arena_copy(arena, s)};
            return NULL;
        }
    return "nixpkgs, home-manager, nix-darwin, system-manager or agent-sandbox";
}

const struct type type_input = {
    .doc = "a flake input",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct name),
    .parse = parse_input,
    .write = write_input,
    .is_set = input_is_set,
    .pattern = "^(nixpkgs|home-manager|nix-darwin|system-manager|agent-sandbox)$"};

static bool whole_number(const char *s, size_t n, int64_t *value) {
    if (n == 0 || n > 15)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return false;
        *value = *value * 10 + (s[i] - '0');
    }
    return true;
}

/* Clears the bits behind the prefix; says whether any was set. */
static bool clear_host_bits(struct cidr *cidr) {
    bool any = false;
    for (unsigned i = cidr->length; i < (cidr->family == 4 ? 32u : 128u); i++) {
        uint8_t mask = (uint8_t)(0x80u >> i % 8);
        any = any || cidr->bytes[i / 8] & mask;
        cidr->bytes[i / 8] = (uint8_t)(cidr->bytes[i / 8] & ~mask);
    }
    return any;
}

static const char *parse_cidr(struct arena *arena, const char *s, void *out) {
    const char *slash = strchr(s, '/');
    int64_t length;
    char address[INET6_ADDRSTRLEN];
    struct cidr cidr = {.family = strchr(s, ':') ? 6 : 4};
    if (!slash)
        return "an address and a prefix length: 10.1.2.0/24, 10.1.2.3/32, fd00:1::/64";
    if ((size_t)(slash - s) >= sizeof address)
        return "an IPv4 or IPv6 address before '/'";
    memcpy(address, s, (size_t)(slash - s));
    address[slash - s] = '\0';
    if (inet_pton(cidr.family == 4 ? AF_INET : AF_INET6, address, cidr.bytes) != 1)
        return "an IPv4 or IPv6 address before '/'";
    if (!whole_number(slash + 1, strlen(slash + 1), &length) ||
        length > (cidr.family == 4 ? 32 : 128))
        return cidr.family == 4 ? "a prefix length of 0 to 32" : "a prefix length of 0 to 128";
    cidr.length = (uint8_t)length;
    if (clear_host_bits(&cidr)) {
        BUF_CLEANUP struct buf b = {0};
        buf_cidr(&b, cidr);
        return arena_printf(arena, "no bits behind the prefix; did you mean %s?", b.data);
    }
    *(struct cidr *)out = cidr;
    return NULL;
}

static void write_cidr(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_cidr(&b, *(const struct cidr *)value);
    jw_inert(j, &b);
}

static bool cidr_is_set(const void *value) {
    return ((const struct cidr *)value)->family != 0;
}

const struct type type_cidr = {.doc = "a range of addresses",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct cidr),
                               .parse = parse_cidr,
                               .write = write_cidr,
                               .is_set = cidr_is_set,
                               .pattern = "^[0-9a-fA-F.:]+/[0-9]{1,3}$"};

static const char *parse_date(struct arena *arena, const char *s, void *out) {
    (void)arena;
    const char *why = "a date that exists, as YYYY-MM-DD";
    int64_t year, month, day;
    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-' || !whole_number(s, 4, &year) ||
        !whole_number(s + 5, 2, &month) || !whole_number(s + 8, 2, &day))
        return why;
    if (year < 2000 || year > 2999 || !calendar_exists((int)year, (int)month, (int)day))
        return why;
    *(struct date *)out = (struct date){(uint16_t)year, (uint8_t)month, (uint8_t)day};
    return NULL;
}

static void write_date(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_date(&b, *(const struct date *)value);
    jw_inert(j, &b);
}

static bool date_is_set(const void *value) {
    return ((const struct date *)value)->year != 0;
}

const struct type type_date = {.doc = "a date",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct date),
                               .parse = parse_date,
                               .write = write_date,
                               .is_set = date_is_set,
                               .pattern = "^2[0-9]{3}-[0-1][0-9]-[0-3][0-9]$"};

/* A number and one of these letters; the largest unit that divides evenly is printed back. */
struct unit {
    char letter;
    int64_t factor;
};

static const char *parse_amount(const char *s, const struct unit *units, const char *why,
                                void *out) {
    size_t n = strlen(s);
    int64_t value;
    if (n < 2 || !whole_number(s, n - 1, &value) || value == 0 || s[0] == '0')
        return why;
    for (; units->letter; units++)
        if (units->letter == s[n - 1]) {
            if (value > INT64_MAX / 2 / units->factor)
                return "a smaller amount";
            *(int64_t *)out = value * units->factor;
            return NULL;
        }
    return why;
}

static void write_amount(struct json_writer *j, int64_t value, const struct unit *units) {
    BUF_CLEANUP struct buf b = {0};
    while (units[1].letter && value % units->factor != 0)
        units++;
    buf_uint(&b, (uint64_t)(value / units->factor));
    switch (units->letter) {
#define LETTER(c, s)                                                                               \
    case c:                                                                                        \
        buf_lit(&b, s);                                                                            \
        break;
        LETTER('T', "T")
        LETTER('G', "G")
        LETTER('M', "M")
        LETTER('K', "K")
        LETTER('d', "d")
        LETTER('h', "h")
        LETTER('m', "m")
        LETTER('s', "s")
#undef LETTER
    }
    jw_inert(j, &b);
}

/* systemd.resource-control(5): K, M, G, T are powers of 1024. */
static const struct unit size_units[] = {
    {'T', INT64_C(1) << 40}, {'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {0, 0}};
static const struct unit time_units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 0}};

static const char *parse_size(struct arena *arena, const char *s, void *out) {
    (void)arena;
    return parse_amount(s, size_units, "a number and K, M, G or T: 512M, 8G", out);
}

static void write_size(struct json_writer *j, const void *value) {
    write_amount(j, *(const int64_t *)value, size_units);
}

const struct type type_size = {.doc = "a size",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(int64_t),
                               .parse = parse_size,
                               .write = write_size,
                               .is_set = int_is_set,
                               .pattern = "^[1-9][0-9]*[KMGT]$"};

static const char *parse_duration(struct arena *arena, const char *s, void *out) {
    (void)arena;
    return parse_amount(s, time_units, "a number and s, m, h or d: 90m, 8h", out);
}

static void write_duration(struct json_writer *j, const void *value) {
    write_amount(j, *(const int64_t *)value, time_units);
}

const struct type type_duration = {.doc = "a duration",
                                   .kind = JSON_KIND_STRING,
                                   .size = sizeof(int64_t),
                                   .parse = parse_duration,
                                   .write = write_duration,
                                   .is_set = int_is_set,
                                   .pattern = "^[1-9][0-9]*[smhd]$"};
