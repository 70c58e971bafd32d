#include "spec/request_line.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const struct {
    const char *before;
    bool tls, websocket;
} schemes[] = {
    {"https://", true, false},
    {"http://", false, false},
    {"wss://", true, true},
    {"ws://", false, true},
};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

const char *request_url_read(struct arena *arena, const char *url, struct request_line *out) {
    size_t i = 0;
    while (i < SCHEMES && strncmp(url, schemes[i].before, strlen(schemes[i].before)) != 0)
        i++;
    if (i == SCHEMES)
        return "a URL begins with https://, http://, wss:// or ws://";
    out->tls = schemes[i].tls;
    out->websocket = schemes[i].websocket;
    const char *rest = url + strlen(schemes[i].before);
    size_t n = strcspn(rest, "/?#");
    if (n == 0)
        return "a URL names its host";
    if (memchr(rest, '@', n))
        return "no user stands in the URL: credentials are the proxy's";
    if (strchr(rest, '#'))
        return "no # stands in the URL: what is behind it is never sent";
    if (strchr(rest, ' '))
        return "no blank stands in a URL";
    out->authority = arena_copy_n(arena, rest, n);
    out->target = arena_printf(arena, "%s%s", rest[n] == '/' ? "" : "/", rest + n);
    return NULL;
}

const char *request_line_read(struct arena *arena, const char *s, struct request_line *out) {
    size_t n = strcspn(s, " ");
    if (n == 0 || !s[n] || strspn(s, LETTERS "-") != n)
        return "a method, one blank and a URL: POST https://example.org/x";
    out->method = arena_copy_n(arena, s, n);
    return request_url_read(arena, s + n + 1, out);
}

const char *request_place_wrong(const char *s) {
    const char *colon = strrchr(s, ':');
    const char *port = colon ? colon + 1 : "";
    size_t n = strspn(port, DIGITS), host = strspn(s, DIGITS LETTERS ".-");
    if (!colon || host == 0 || s + host != colon || n == 0 || n > 5 || port[n] || *port == '0' ||
        atoi(port) > 65535)
        return "HOST:PORT, db.example.org:5432 say";
    return NULL;
}
