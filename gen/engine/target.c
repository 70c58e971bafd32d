#include "engine/target.h"
#include "engine/world.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { LONGEST_NAME = 253, LONGEST_LABEL = 63 };

/* WHATWG URL, "ends in a number checker": such a host is an IPv4 address in some spelling. */
static bool ends_in_a_number(const char *name, size_t n) {
    n -= n && name[n - 1] == '.';
    size_t start = n;
    while (start && name[start - 1] != '.')
        start--;
    const char *last = name + start;
    size_t length = n - start, digits = strspn(last, DIGITS);
    if (length >= 2 && last[0] == '0' && last[1] == 'x')
        return 2 + strspn(last + 2, DIGITS "abcdef") >= length;
    return length > 0 && digits >= length;
}

/* RFC 1123 section 2.1 labels; "_" is tolerated because real services use it. */
static bool is_name(const char *name) {
    size_t labels = 0;
    for (const char *p = name;; p++) {
        size_t n = strspn(p, LETTERS DIGITS "_-");
        if (n == 0 || n > LONGEST_LABEL || p[0] == '-' || p[n - 1] == '-')
            return false;
        labels++;
        p += n;
        if (!*p)
            return labels > 1;
        if (*p != '.')
            return false;
    }
}

const char *target_host(struct arena *arena, struct bytes text, const char **name) {
    char *lower = arena_alloc(arena, text.n + 1);
    bool ascii = true;
    for (size_t i = 0; i < text.n; i++) {
        lower[i] = bytes_lower(text.s[i]);
        ascii = ascii && (unsigned char)text.s[i] < 0x80;
    }
    if (!ascii)
        return "the host name is not ASCII";
    if (memchr(lower, ':', text.n) || lower[0] == '[' || ends_in_a_number(lower, text.n))
        return "the host is an address; only names are allowed";
    if (text.n && lower[text.n - 1] == '.')
        return "the host name ends in a dot; ask for it without";
    if (text.n > LONGEST_NAME || memchr(lower, '\0', text.n) || !is_name(lower))
        return "the host name is not valid";
    *name = lower;
    return NULL;
}

const char *target_port(struct bytes text, int *port) {
    const char *why = "the port is not valid";
    int n = 0;
    if (text.n == 0 || text.n > 5 || text.s[0] == '0')
        return why;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] < '0' || text.s[i] > '9')
            return why;
        n = n * 10 + (text.s[i] - '0');
    }
    if (n > 65535)
        return why;
    *port = n;
    return NULL;
}

const char *target_authority(struct arena *arena, struct bytes text, int usual, const char **host,
                             int *port) {
    size_t colon = text.n;
    while (colon && text.s[colon - 1] != ':')
        colon--;
    if (!colon) {
        if (!usual)
            return "the port is missing";
        *port = usual;
        return target_host(arena, text, host);
    }
    const char *why = target_host(arena, (struct bytes){text.s, colon - 1}, host);
    return why ? why : target_port((struct bytes){text.s + colon, text.n - colon}, port);
}

const char *target_special_use(const char *host) {
    size_t n = strlen(host);
    for (size_t i = 0; world_special_use[i]; i++) {
        size_t ending = strlen(world_special_use[i]);
        if (n > ending && host[n - ending - 1] == '.' &&
            strcmp(host + n - ending, world_special_use[i]) == 0)
            return world_special_use[i];
    }
    return NULL;
}
