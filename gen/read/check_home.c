/* Checks of dotfiles and the environment. */
#include "plan/home_reserved.h"
#include "plan/proxy_env.h"
#include "read/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* macOS folds case: .Foo and .foo would be one file. */
static void check_pair(struct reading *reading, written where, const struct dotfile *a,
                       const struct dotfile *b) {
    if (strcasecmp(a->path.s, b->path.s) == 0)
        complain(reading, at_key(where, b->path.s),
                 "\"%s\" and \"%s\" are one file where case is folded", a->path.s, b->path.s);
    else if (is_below(b->path.s, a->path.s))
        complain(reading, at_key(where, b->path.s),
                 "\"%s\" is a file, so nothing can stand below it", a->path.s);
    else if (is_below(a->path.s, b->path.s))
        complain(reading, at_key(where, a->path.s),
                 "\"%s\" is a file, so nothing can stand below it", b->path.s);
}

void check_dotfiles(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->dotfiles.n; i++) {
        const struct dotfile *dotfile = &spec->dotfiles.v[i];
        const char *clash = home_clash(dotfile->path.s);
        if (clash)
            complain(reading, at_key(spec->dotfiles_at, dotfile->path.s),
                     "the dotfile \"%s\" clashes with the generated \"%s\"; what is yours goes to "
                     "~/.bashrc.local, ~/.zshrc.local or ~/.config/git/local",
                     dotfile->path.s, clash);
        for (size_t k = i + 1; k < spec->dotfiles.n; k++)
            check_pair(reading, spec->dotfiles_at, dotfile, &spec->dotfiles.v[k]);
    }
}

/* Set by the login, or read by a loader or a shell before anything of ours. */
static const char *const session_variables[] = {
    "BASH_ENV", "ENV",   "HOME",  "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOGNAME", "PATH",
    "PWD",      "SHELL", "SHLVL", "USER",     "ZDOTDIR",         NULL};

static bool is_session_variable(const char *name) {
    for (size_t i = 0; session_variables[i]; i++)
        if (strcmp(session_variables[i], name) == 0)
            return true;
    return strncmp(name, "DYLD_", 5) == 0;
}

static bool is_proxy_variable(const char *name) {
    for (size_t i = 0; i < proxy_variables_count; i++)
        if (strcmp(proxy_variables[i].name, name) == 0)
            return !proxy_variable_yields(&proxy_variables[i]);
    return strcasecmp(name, "ALL_PROXY") == 0;
}

static bool is_no_proxy(const char *name) {
    return strcasecmp(name, "NO_PROXY") == 0;
}

void check_environment(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->environment.n; i++) {
        const char *name = spec->environment.v[i].name.s;
        bool socket = spec->ssh.keys.n && strcmp(name, "SSH_AUTH_SOCK") == 0;
        if (is_session_variable(name) || socket)
            complain(reading, at_key(spec->environment_at, name),
                     "\"%s\" belongs to the session, which sets or clears it", name);
        else if (is_proxy_variable(name) && !is_no_proxy(name))
            complain(reading, at_key(spec->environment_at, name),
                     "\"%s\" leads programs to the proxy and its certificate; the sandbox sets it",
                     name);
    }
}

/* One entry of NO_PROXY, as curl(1) and Go read it: a host, with or without a leading dot. */
static bool entry_covers(const char *entry, size_t n, struct host_pattern host) {
    if (n == 1 && *entry == '*')
        return true;
    if (n > 2 && entry[0] == '*' && entry[1] == '.')
        entry++, n--;
    if (n > 1 && entry[0] == '.')
        entry++, n--;
    size_t m = strlen(host.name.s);
    if (m < n || strncasecmp(host.name.s + m - n, entry, n) != 0)
        return false;
    return m == n || host.name.s[m - n - 1] == '.';
}

static bool is_loopback(const char *entry, size_t n) {
    static const char *const names[] = {"localhost", "127.0.0.1", "::1", "[::1]", "127.0.0.0/8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncasecmp(entry, names[i], n) == 0)
            return true;
    return false;
}

static void check_no_proxy_entry(struct reading *reading, const struct spec *spec, const char *name,
                                 const char *entry, size_t n) {
    struct aim aim = at_value(spec->environment_at, name);
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        struct host_pattern host = spec->network.rules.v[i].host;
        if (!host.name.s || !entry_covers(entry, n, host))
            continue;
        complain(reading, aim,
                 "%s covers the allowed host \"%s%s\": its requests would miss the proxy, and be "
                 "refused by the firewall",
                 name, host.suffix ? "*." : "", host.name.s);
        return;
    }
    if (n && !is_loopback(entry, n))
        complain(reading, aim, "%s may name only this machine's loopback, not \"%.*s\"", name,
                 (int)n, entry);
}

void check_no_proxy(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->environment.n; i++) {
        const struct variable *variable = &spec->environment.v[i];
        if (!is_no_proxy(variable->name.s))
            continue;
        for (const char *p = variable->value.s; *p;) {
            size_t n = strcspn(p, ", ");
            check_no_proxy_entry(reading, spec, variable->name.s, p, n);
            p += n + (p[n] != '\0');
        }
    }
}
