/* The type of a place where another proxy listens. */
#include "spec/spec.h"
#include "spec/types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_PORT = 5, LAST_PORT = 65535 };

static const char *parse_host(struct arena *arena, const char *s, size_t n,
                              struct proxy_place *place) {
    struct host_pattern host = {0};
    const char *why = type_host_pattern.parse(arena, arena_copy_n(arena, s, n), &host);
    if (why)
        return arena_printf(arena, "its host is none: %s", why);
    if (host.suffix)
        return "it is one host";
    place->host = host.name;
    return NULL;
}

static const char *parse_proxy_place(struct arena *arena, const char *s, void *out) {
    struct proxy_place *place = out;
    place->tls = strncmp(s, "https://", 8) == 0;
    if (!place->tls && strncmp(s, "http://", 7) != 0)
        return "http://HOST:PORT, like http://proxy.corp.example:3128, or https://HOST:PORT where "
               "it is spoken to in TLS";
    s += place->tls ? 8 : 7;
    if (strchr(s, '@'))
        return "who it is for stands in \"user\" and \"password\", never in the URL";
    if (*s == '[')
        return "its host is none: a name, never an address";
    size_t n = strcspn(s, ":/");
    if (s[n] != ':' || !isdigit((unsigned char)s[n + 1]))
        return place->tls ? "it needs a port, like https://proxy.corp.example:3129"
                          : "it needs a port, like http://proxy.corp.example:3128";
    const char *digits = s + n + 1;
    size_t m = strspn(digits, "0123456789");
    long port = m <= LONGEST_PORT ? strtol(digits, NULL, 10) : 0;
    if (digits[m])
        return "nothing stands behind the port";
    if (port < 1 || port > LAST_PORT || digits[0] == '0')
        return "its port is a number from 1 to 65535";
    const char *why = parse_host(arena, s, n, place);
    if (!why)
        place->port = port;
    return why;
}

static void write_proxy_place(struct json_writer *j, const void *value) {
    const struct proxy_place *place = value;
    BUF_CLEANUP struct buf b = {0};
    if (place->tls)
        buf_lit(&b, "https://");
    else
        buf_lit(&b, "http://");
    buf_name(&b, place->host);
    buf_lit(&b, ":");
    buf_uint(&b, (uint64_t)place->port);
    jw_inert(j, &b);
}

static bool proxy_place_is_set(const void *value) {
    return ((const struct proxy_place *)value)->port > 0;
}

const struct type type_proxy_place = {
    .doc = "the URL of a proxy",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct proxy_place),
    .parse = parse_proxy_place,
    .write = write_proxy_place,
    .is_set = proxy_place_is_set,
    .pattern = "^https?://[a-z0-9_-]+(\\.[a-z0-9_-]+)+:[1-9][0-9]{0,4}$"};
