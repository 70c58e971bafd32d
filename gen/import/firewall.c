/* The hosts that a dev container's init-firewall.sh opens: as Anthropic's reference writes them
 * (for domain in "HOST" ...; do), and as export devcontainer does (allow "HOST" PORT). */
#include "base/whole_file.h"
#include "import/import_private.h"

#include <stdlib.h>
#include <string.h>

#define FIREWALL "init-firewall.sh"

struct reading_lines {
    struct importing *importing;
    struct document *script;
    bool in_loop; /* over domains */
};

/* The next "TEXT" in the line from p on, in the arena; NULL: there is none. */
static const char *quoted(struct arena *arena, const char **p, const char *end, const char **at) {
    const char *open = memchr(*p, '"', (size_t)(end - *p));
    const char *close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;
    if (!close)
        return NULL;
    *at = open;
    *p = close + 1;
    return arena_copy_n(arena, open + 1, (size_t)(close - open - 1));
}

/* A note at a place of the script: values are tried with the file's notes put aside. */
static void note(struct reading_lines *lines, const char *at, size_t span, const char *text) {
    diagnostics_add(lines->importing->notes, lines->script, (size_t)(at - lines->script->text),
                    span, "%s", text);
}

static void take(struct reading_lines *lines, const char *at, const char *host, long port) {
    struct importing *importing = lines->importing;
    struct diagnostics *notes = importing->notes, *own = diagnostics_new();
    importing->notes = own;
    import_domain(importing, (struct aim){0},
                  arena_printf(importing->reading->arena, "%s:%ld", host, port), false);
    importing->notes = notes;
    if (diagnostics_first(own))
        note(lines, at, strlen(host) + 2, diagnostics_first(own));
    diagnostics_free(own);
}

static void take_quoted(struct reading_lines *lines, const char *p, const char *end) {
    const char *at, *host;
    while ((host = quoted(lines->importing->reading->arena, &p, end, &at)))
        take(lines, at, host, 443);
}

/* ip daddr CIDR tcp dport PORT accept */
static bool take_cidr(struct reading_lines *lines, const char *line, const char *start) {
    char cidr[60], protocol[4];
    int port;
    struct importing *importing = lines->importing;
    const char *rest = line + (strncmp(line, "ip6 ", 4) == 0 ? 4 : 3);
    if (sscanf(rest, "daddr %59s %3s dport %d accept", cidr, protocol, &port) != 3)
        return false;
    struct diagnostics *notes = importing->notes, *own = diagnostics_new();
    importing->notes = own;
    import_add(importing, (struct aim){0}, "network", "cidrs",
               json_pack("{s:s, s:s, s:[i]}", "cidr", cidr, "protocol", protocol, "ports", port));
    importing->notes = notes;
    if (diagnostics_first(own))
        note(lines, start, strlen(line), diagnostics_first(own));
    diagnostics_free(own);
    return true;
}

/* What lets more out than hosts. */
static void judge(struct reading_lines *lines, const char *line, const char *start) {
    bool lets_out = strstr(line, "iptables -A OUTPUT") && strstr(line, "-j ACCEPT");
    if (strstr(line, "api.github.com/meta"))
        note(lines, start, strlen(line),
             "ranges of addresses that are learnt at the start: name hosts, or repositories "
             "(github)");
    else if (lets_out && strstr(line, "-d "))
        note(lines, start, strlen(line), "a network of the host's is not reached");
    else if (lets_out && strstr(line, "--dport") && !strstr(line, "--dport 53"))
        note(lines, start, strlen(line), "no port is open to every host");
}

static void read_line(struct reading_lines *lines, const char *start, const char *end) {
    struct arena *arena = lines->importing->reading->arena;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    const char *line = arena_copy_n(arena, start, (size_t)(end - start)), *p = start, *at, *host;
    if (*line == '#')
        return;
    if (strncmp(line, "for domain in", 13) == 0)
        lines->in_loop = true;
    if (lines->in_loop) {
        take_quoted(lines, start, end);
        lines->in_loop = strstr(line, "; do") == NULL && strcmp(line, "do") != 0;
    } else if (strncmp(line, "allow \"", 7) == 0 && (host = quoted(arena, &p, end, &at))) {
        take(lines, at, host, strtol(p, NULL, 10));
    } else if (strncmp(line, "ip", 2) != 0 || !take_cidr(lines, line, start)) {
        judge(lines, line, start);
    }
}

void import_firewall(struct importing *importing) {
    const char *slash = strrchr(importing->path, '/');
    struct arena *arena = importing->reading->arena;
    const char *path = arena_printf(
        arena, "%.*s" FIREWALL, slash ? (int)(slash - importing->path) + 1 : 0, importing->path);
    char *text = NULL;
    size_t length = 0;
    if (read_whole_file(path, DOCUMENT_MAX, &text, &length) != NULL)
        return; /* there need be none */
    struct document *script = reading_add_text(importing->reading, path, text, length);
    if (!script)
        return;
    struct reading_lines lines = {importing, script, false};
    for (const char *p = text, *end = text + length; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop : end;
        read_line(&lines, p, stop);
        p = stop + 1;
    }
}
