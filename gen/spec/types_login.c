/* The types of a login's values. */
#include "spec/spec.h"
#include "spec/types.h"

#include <ctype.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

enum { LONGEST_PORT = 5, LAST_PORT = 65535 };

/* Part of what the agent holds, where it has to be one of a JWT's (base64url). */
static const char *parse_login_name(struct arena *arena, const char *s, void *out) {
    if (!islower((unsigned char)s[0]) || s[strspn(s, LOWER DIGIT "-")])
        return "a lower-case letter, then lower-case letters, digits and '-'";
    *(struct name *)out = (struct name){arena_copy(arena, s)};
    return NULL;
}

static void write_login_name(struct json_writer *j, const void *value) {
    jw_name(j, *(const struct name *)value);
}

static bool login_name_is_set(const void *value) {
    return ((const struct name *)value)->s != NULL;
}

const struct type type_login_name = {.doc = "a login's name",
                                     .kind = JSON_KIND_STRING,
                                     .size = sizeof(struct name),
                                     .parse = parse_login_name,
                                     .write = write_login_name,
                                     .is_set = login_name_is_set,
                                     .pattern = "^[a-z][a-z0-9-]*$"};

/* An item of the list that is no object. */
const struct type type_login = {.doc = "a preset's name, or an object",
                                .kind = JSON_KIND_STRING,
                                .size = sizeof(struct name),
                                .parse = parse_login_name,
                                .write = write_login_name,
                                .is_set = login_name_is_set,
                                .pattern = "^[a-z][a-z0-9-]*$"};

static const char *parse_port(const char *s, size_t *length, int64_t *port) {
    *port = 443;
    *length = 0;
    if (*s != ':')
        return NULL;
    size_t n = strspn(s + 1, DIGIT);
    *port = 0;
    for (size_t i = 0; i < n && n <= LONGEST_PORT; i++)
        *port = *port * 10 + (s[1 + i] - '0');
    *length = n + 1;
    return s[1] == '0' || *port < 1 || *port > LAST_PORT ? "its port is a number from 1 to 65535"
                                                         : NULL;
}

/* Such that there is one way to write it. */
static const char *path_wrong(const char *s) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-";
    if (strchr(s, '?') || strchr(s, '#'))
        return "it has no '?' or '#'";
    if (*s != '/')
        return "a path stands behind its host";
    while (*s) {
        size_t n = strspn(s + 1, plain);
        if ((n == 0 && s[1]) || (s[1] == '.' && (n == 1 || (n == 2 && s[2] == '.'))) ||
            (s[1 + n] && s[1 + n] != '/'))
            return "between the slashes of its path stand letters, digits and - . _ ~";
        s += n + 1;
    }
    return NULL;
}

static const char *parse_https_url(struct arena *arena, const char *s, void *out) {
    static const char scheme[] = "https://";
    struct https_url *url = out;
    struct host_pattern host = {0};
    if (strncmp(s, scheme, sizeof scheme - 1) != 0)
        return "https://HOST/PATH";
    s += sizeof scheme - 1;
    size_t n = strcspn(s, ":/?#"), length;
    const char *why = type_host_pattern.parse(arena, arena_copy_n(arena, s, n), &host);
    if (why)
        return arena_printf(arena, "its host is none: %s", why);
    if (host.suffix)
        return "it is one host";
    why = parse_port(s + n, &length, &url->port);
    if (!why)
        why = path_wrong(s + n + length);
    url->host = host.name;
    url->path.s = arena_copy(arena, s + n + length);
    return why;
}

void https_url_words(struct buf *b, const struct https_url *url) {
    buf_lit(b, "https://");
    buf_name(b, url->host);
    if (url->port != 443) {
        buf_lit(b, ":");
        buf_uint(b, (uint64_t)url->port);
    }
    buf_path(b, url->path);
}

static void write_https_url(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    https_url_words(&b, value);
    jw_inert(j, &b);
}

static bool https_url_is_set(const void *value) {
    return ((const struct https_url *)value)->port > 0;
}

const struct type type_https_url = {
    .doc = "an https URL",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct https_url),
    .parse = parse_https_url,
    .write = write_https_url,
    .is_set = https_url_is_set,
    .pattern = "^https://[a-z0-9_-]+(\\.[a-z0-9_-]+)+(:[1-9][0-9]{0,4})?/[A-Za-z0-9._~/-]*$"};

/* RFC 8252, section 7.3, or a page of the service. */
static const char *parse_redirect(struct arena *arena, const char *s, void *out) {
    static const char *const loopback[] = {"http://localhost", "http://127.0.0.1"};
    struct https_url unused = {0};
    const char *why = NULL;
    size_t k = 0, length;
    while (k < 2 && strncmp(s, loopback[k], strlen(loopback[k])) != 0)
        k++;
    if (k == 2)
        why = parse_https_url(arena, s, &unused);
    if (k == 2 && why)
        return arena_printf(arena, "http://localhost:PORT/PATH, or an https URL: %s", why);
    if (k < 2) {
        const char *rest = s + strlen(loopback[k]);
        why = parse_port(rest, &length, &unused.port);
        if (!why)
            why = path_wrong(rest + length);
    }
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return why;
}

static void write_text(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

static bool text_is_set(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

const struct type type_redirect = {.doc = "where a login leads to",
                                   .kind = JSON_KIND_STRING,
                                   .size = sizeof(struct text),
                                   .parse = parse_redirect,
                                   .write = write_text,
                                   .is_set = text_is_set};
