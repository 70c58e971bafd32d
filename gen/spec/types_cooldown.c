/* How old a package has to be ("7d"), and where that stands ("pypi:https://HOST/simple"). */
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

enum {
    HOUR = 3600,
    DAY = 24 * HOUR,
    MOST_DAYS = 365,
    LONGEST_NUMBER = 4,
    LAST_PORT = 65535,
    LONGEST_PORT = 5
};

static const char *parse_cooldown(struct arena *arena, const char *s, void *out) {
    (void)arena;
    const char *why = "a number and h or d: 36h, 7d";
    size_t n = strspn(s, "0123456789");
    int64_t number = 0;
    if (n == 0 || s[0] == '0' || (s[n] != 'h' && s[n] != 'd') || s[n + 1])
        return why;
    for (size_t i = 0; i < n && n <= LONGEST_NUMBER; i++)
        number = number * 10 + (s[i] - '0');
    number *= s[n] == 'h' ? HOUR : DAY;
    if (number < HOUR || number > (int64_t)MOST_DAYS * DAY)
        return "1h to 365d";
    *(int64_t *)out = number;
    return NULL;
}

static void write_cooldown(struct json_writer *j, const void *value) {
    int64_t seconds = *(const int64_t *)value;
    BUF_CLEANUP struct buf b = {0};
    buf_uint(&b, (uint64_t)(seconds % DAY ? seconds / HOUR : seconds / DAY));
    if (seconds % DAY)
        buf_lit(&b, "h");
    else
        buf_lit(&b, "d");
    jw_inert(j, &b);
}

static bool cooldown_is_set(const void *value) {
    return *(const int64_t *)value != 0;
}

const struct type type_cooldown = {.doc = "how old a package has to be",
                                   .kind = JSON_KIND_STRING,
                                   .size = sizeof(int64_t),
                                   .parse = parse_cooldown,
                                   .write = write_cooldown,
                                   .is_set = cooldown_is_set,
                                   .pattern = "^[1-9][0-9]{0,3}[hd]$"};

void cooldown_words(struct buf *b, int64_t seconds) {
    bool days = seconds % DAY == 0;
    int64_t count = days ? seconds / DAY : seconds / HOUR;
    buf_uint(b, (uint64_t)count);
    if (days)
        buf_lit(b, " day");
    else
        buf_lit(b, " hour");
    if (count != 1)
        buf_lit(b, "s");
}

/* -- where it stands -- */

static const char *parse_port(const char *s, size_t *length, int64_t *port) {
    *port = 443;
    *length = 0;
    if (*s != ':')
        return NULL;
    size_t n = strspn(s + 1, "0123456789");
    *port = 0;
    for (size_t i = 0; i < n && n <= LONGEST_PORT; i++)
        *port = *port * 10 + (s[1 + i] - '0');
    *length = n + 1;
    return s[1] == '0' || *port < 1 || *port > LAST_PORT ? "its port is a number from 1 to 65535"
                                                         : NULL;
}

static const char *path_wrong(const char *s) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (strchr(s, '?') || strchr(s, '#'))
        return "it has no '?' or '#'";
    if (*s && s[strlen(s) - 1] == '/')
        return "no slash stands at its end";
    while (*s) {
        size_t n = strspn(s + 1, plain);
        if (n == 0 || (s[1] == '.' && (n == 1 || (n == 2 && s[2] == '.'))) ||
            (s[1 + n] && s[1 + n] != '/'))
            return "between the slashes of its path stand letters, digits and - . _";
        s += n + 1;
    }
    return NULL;
}

static const char *parse_package_index(struct arena *arena, const char *s, void *out) {
    static const char npm[] = "npm:https://", pypi[] = "pypi:https://";
    struct package_index *index = out;
    struct host_pattern host = {0};
    if (strncmp(s, npm, sizeof npm - 1) == 0)
        *index = (struct package_index){.kind = PACKAGES_NPM}, s += sizeof npm - 1;
    else if (strncmp(s, pypi, sizeof pypi - 1) == 0)
        *index = (struct package_index){.kind = PACKAGES_PYPI}, s += sizeof pypi - 1;
    else
        return "npm: or pypi: and an https:// URL, pypi:https://HOST/simple";
    size_t n = strcspn(s, ":/?#"), length;
    const char *why = type_host_pattern.parse(arena, arena_copy_n(arena, s, n), &host);
    if (why)
        return arena_printf(arena, "its host is none: %s", why);
    if (host.suffix)
        return "it is one host";
    why = parse_port(s + n, &length, &index->port);
    s += n + length;
    if (!why && *s && *s != '/')
        why = *s == '?' || *s == '#' ? "it has no '?' or '#'" : "a path stands behind its host";
    if (!why)
        why = path_wrong(s);
    if (!why && index->kind == PACKAGES_PYPI && !*s)
        why = "it has the path of PyPI's simple API, as /simple";
    index->host = host.name;
    index->path.s = arena_copy(arena, s);
    return why;
}

void package_index_url(struct buf *b, const struct package_index *index) {
    buf_lit(b, "https://");
    buf_name(b, index->host);
    if (index->port != 443) {
        buf_lit(b, ":");
        buf_uint(b, (uint64_t)index->port);
    }
    buf_path(b, index->path);
}

static void write_package_index(struct json_writer *j, const void *value) {
    const struct package_index *index = value;
    BUF_CLEANUP struct buf b = {0};
    if (index->kind == PACKAGES_NPM)
        buf_lit(&b, "npm:");
    else
        buf_lit(&b, "pypi:");
    package_index_url(&b, index);
    jw_inert(j, &b);
}

static bool package_index_is_set(const void *value) {
    return ((const struct package_index *)value)->kind != PACKAGES_NONE;
}

const struct type type_package_index = {
    .doc = "an index of packages",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct package_index),
    .parse = parse_package_index,
    .write = write_package_index,
    .is_set = package_index_is_set,
    .pattern = "^(npm|pypi):https://[a-z0-9_-]+(\\.[a-z0-9_-]+)+(:[1-9][0-9]{0,4})?"
               "(/[A-Za-z0-9._-]+)*$"};
