/* MCP servers: where one is asked ("https://HOST/PATH"), and patterns of its tools' names. */
#include "spec/spec.h"
#include "spec/tool_pattern.h"
#include "spec/types.h"

#include <ctype.h>
#include <string.h>

enum { LAST_PORT = 65535, LONGEST_PORT = 5 };

static const char *path_wrong(const char *s) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@:+-";
    if (strpbrk(s, "?#"))
        return "it has no '?' or '#': any query is let through";
    if (strchr(s, '*'))
        return "it is one place, without *: tools are what has patterns";
    while (*s) {
        size_t n = strspn(s + 1, plain);
        if (!n && !s[1])
            return NULL;
        if (n == 0 || (s[1] == '.' && (n == 1 || (n == 2 && s[2] == '.'))) ||
            (s[1 + n] && s[1 + n] != '/'))
            return "between the slashes of its path stand letters, digits and . _ @ : + -";
        s += n + 1;
    }
    return NULL;
}

/* *rest: what is behind it. */
static const char *read_port(const char *s, int64_t *port, const char **rest) {
    size_t n = strspn(s + 1, "0123456789");
    *port = 0;
    *rest = s + 1 + n;
    for (size_t i = 0; i < n && n <= LONGEST_PORT; i++)
        *port = *port * 10 + (s[1 + i] - '0');
    return s[1] == '0' || *port < 1 || *port > LAST_PORT ? "its port is a number from 1 to 65535"
                                                         : NULL;
}

static const char *parse_mcp_url(struct arena *arena, const char *s, void *out) {
    struct mcp_url url = {.scheme = SCHEME_HTTPS, .port = 443};
    struct host_pattern host = {0};
    if (strncmp(s, "http://", 7) == 0)
        url = (struct mcp_url){.scheme = SCHEME_HTTP, .port = 80}, s += 7;
    else if (strncmp(s, "https://", 8) == 0)
        s += 8;
    else
        return "an https:// URL, like https://mcp.example.org/mcp; one that runs on this machine "
               "is reached through \"local_ports\"";
    size_t n = strcspn(s, ":/?#");
    if (memchr(s, '@', n))
        return "no user stands in it";
    const char *why = type_host_pattern.parse(arena, arena_copy_n(arena, s, n), &host);
    if (why)
        return arena_printf(arena, "its host is none: %s", why);
    if (host.suffix)
        return "it is one host";
    s += n;
    if (*s == ':')
        why = read_port(s, &url.port, &s);
    if (!why && *s && *s != '/')
        why = *s == '?' || *s == '#' ? path_wrong(s) : "a path stands behind its host";
    if (!why)
        why = path_wrong(s);
    url.host = host.name;
    url.path.s = arena_copy(arena, s);
    if (!why)
        *(struct mcp_url *)out = url;
    return why;
}

struct path mcp_url_path(const struct mcp_url *url) {
    return *url->path.s ? url->path : (struct path){"/"};
}

void mcp_url_write(struct buf *b, const struct mcp_url *url) {
    bool tls = url->scheme == SCHEME_HTTPS;
    if (tls)
        buf_lit(b, "https://");
    else
        buf_lit(b, "http://");
    buf_name(b, url->host);
    if (url->port != (tls ? 443 : 80)) {
        buf_lit(b, ":");
        buf_uint(b, (uint64_t)url->port);
    }
    buf_path(b, mcp_url_path(url));
}

static void write_mcp_url(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    mcp_url_write(&b, value);
    jw_inert(j, &b);
}

static bool mcp_url_is_set(const void *value) {
    return ((const struct mcp_url *)value)->host.s != NULL;
}

const struct type type_mcp_url = {.doc = "the URL of an MCP server",
                                  .kind = JSON_KIND_STRING,
                                  .size = sizeof(struct mcp_url),
                                  .parse = parse_mcp_url,
                                  .write = write_mcp_url,
                                  .is_set = mcp_url_is_set,
                                  .pattern =
                                      "^https?://[a-z0-9_-]+(\\.[a-z0-9_-]+)+(:[1-9][0-9]{0,4})?"
                                      "(/[A-Za-z0-9._@:+-]+)*/?$"};

static const char *parse_tool(struct arena *arena, const char *s, void *out) {
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return tool_pattern_wrong(s);
}

static void write_tool(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

static bool tool_is_set(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

#define LETTERS "[A-Za-z0-9._/:@+-]"
const struct type type_tool = {.doc = "a tool's name, or a pattern of them",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct text),
                               .parse = parse_tool,
                               .write = write_tool,
                               .is_set = tool_is_set,
                               .pattern = "^(\\*|\\*?" LETTERS "+(\\*" LETTERS "+)*\\*?)$"};
