#include "import/import_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_LONGEST = 300 };

/* -- hosts -- */

/* HOST and :PORT, or [ADDRESS] and :PORT; port 0: it has none. False: it is no such thing. */
static bool split(const char *domain, char host[HOST_LONGEST], long *port) {
    const char *end = *domain == '[' ? strchr(domain, ']') : strrchr(domain, ':');
    size_t n = !end ? strlen(domain) : (size_t)(end - domain);
    const char *colon = end && *end == ']' ? end + 1 : end;
    char *rest = NULL;
    *port = 0;
    if (*domain == '[')
        domain++, n -= n > 0;
    if (n >= HOST_LONGEST || (*domain != '[' && colon && *colon && *colon != ':'))
        return false;
    for (size_t i = 0; i < n; i++)
        host[i] = (char)tolower((unsigned char)domain[i]);
    host[n] = '\0';
    if (!colon || !*colon)
        return true;
    *port = strtol(colon + 1, &rest, 10);
    return *port > 0 && *port < 65536 && !*rest;
}

static const char *address_bits(const char *host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1    ? "/32"
           : inet_pton(AF_INET6, host, bytes) == 1 ? "/128"
                                                   : NULL;
}

static json_t *rule_of(const char *host, long port, bool read_only) {
    json_t *rule = json_pack("{s:s}", "host", host);
    if (port == 80)
        json_object_set_new(rule, "scheme", json_string("http"));
    if (!read_only)
        json_object_set_new(rule, "methods",
                            json_pack("[s, s, s, s, s, s, s]", "DELETE", "GET", "HEAD", "OPTIONS",
                                      "PATCH", "POST", "PUT"));
    if (port && port != 80 && port != 443)
        json_object_set_new(rule, "ports", json_pack("[i]", (int)port));
    return rule;
}

static void take_address(struct importing *importing, struct aim aim, const char *host, long port,
                         const char *bits) {
    if (port)
        import_add(importing, aim, "network", "cidrs",
                   json_pack("{s:s++, s:[i]}", "cidr", host, bits, "", "ports", (int)port));
    else
        import_note(importing, aim, "an address needs a port here: %s:PORT", host);
}

void import_domain(struct importing *importing, struct aim aim, const char *domain,
                   bool read_only) {
    char host[HOST_LONGEST];
    long port;
    bool fits = split(domain, host, &port);
    const char *bits = fits ? address_bits(host) : NULL;
    if (!fits)
        import_note(importing, aim, "\"%s\" is no host", domain);
    else if (bits)
        take_address(importing, aim, host, port, bits);
    else if (strcmp(host, "localhost") == 0 && port)
        import_add(importing, aim, "network", "local_ports", json_integer(port));
    else if (strcmp(host, "localhost") == 0)
        import_note(importing, aim, "this host's loopback needs a port here: localhost:PORT");
    else if (import_add(importing, aim, "network", "rules", rule_of(host, port, read_only)) &&
             !port && !read_only)
        import_note(importing, aim, "\"%s\" is open on every port there, and here on 443 alone",
                    domain);
}

static void take_domain(struct importing *importing, struct aim aim, const char *text) {
    import_domain(importing, aim, text, false);
}

void import_domains(struct importing *importing, const json_t *object, const char *key,
                    const json_t *value) {
    import_each(importing, object, key, value, take_domain);
}

/* -- folders, sockets, variables -- */

void import_path(struct importing *importing, struct aim aim, const char *path, bool read_only) {
    size_t n = strlen(path);
    char folder[4096];
    /* "/x/", "/x/" and two stars are all of the folder. */
    while (n > 1 && (path[n - 1] == '/' || (path[n - 1] == '*' && path[n - 2] != ' ')))
        n--;
    if (n >= sizeof folder)
        return;
    memcpy(folder, path, n);
    folder[n] = '\0';
    json_t *workspace = json_pack("{s:s}", "path", folder);
    if (!workspace)
        return;
    if (read_only)
        json_object_set_new(workspace, "access", json_string("read-only"));
    import_add(importing, aim, NULL, "workspaces", workspace);
}

static void take_writable(struct importing *importing, struct aim aim, const char *path) {
    if (strcmp(path, "/tmp") == 0 || strcmp(path, "/var/tmp") == 0)
        return; /* a session has its own */
    if (*path == '/')
        import_path(importing, aim, path, false);
    else
        import_note(importing, aim,
                    "\"%s\" is a folder of whoever starts it: name it as a workspace, by its "
                    "absolute path",
                    path);
}

void import_writable(struct importing *importing, const json_t *object, const char *key,
                     const json_t *value) {
    import_each(importing, object, key, value, take_writable);
}

static void take_readable(struct importing *importing, struct aim aim, const char *path) {
    if (*path == '/')
        import_later(importing, LATER_READ, aim, path);
    else
        take_writable(importing, aim, path);
}

void import_readable(struct importing *importing, const json_t *object, const char *key,
                     const json_t *value) {
    import_each(importing, object, key, value, take_readable);
}

static void take_socket(struct importing *importing, struct aim aim, const char *path) {
    import_add(importing, aim, NULL, "relax", json_sprintf("unix-socket:%s", path));
}

void import_sockets(struct importing *importing, const json_t *object, const char *key,
                    const json_t *value) {
    import_each(importing, object, key, value, take_socket);
}

void import_variable(struct importing *importing, struct aim aim, const char *name,
                     const char *value) {
    import_set(importing, aim, "environment", name, json_string(value));
}
