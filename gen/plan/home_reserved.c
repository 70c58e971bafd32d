#include "plan/home_reserved.h"

#include <stdbool.h>
#include <string.h>

const char *const home_reserved[] = {
    ".bash_profile",
    ".bashrc",
    ".config/agent-sandbox/env.sh",
    ".config/direnv/direnv.toml",
    ".config/git/config",
    ".profile",
    ".subversion/servers",
    ".zprofile",
    ".zshenv",
    ".zshrc",
    NULL,
};

static bool same_or_below(const char *path, const char *above) {
    size_t n = strlen(above);
    return strncmp(path, above, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

const char *home_clash(const char *path) {
    for (const char *const *r = home_reserved; *r; r++)
        if (same_or_below(path, *r) || same_or_below(*r, path))
            return *r;
    return NULL;
}
