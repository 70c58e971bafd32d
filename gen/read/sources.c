#include "read/sources.h"
#include "base/buf_raw.h"
#include "base/sha256.h"

#include <stdlib.h>
#include <string.h>

char *sources_folder(void) {
    struct buf path = {0};
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/') /* a relative one is to be ignored: XDG Base Directory */
        buf_printf(&path, "%s/agent-sandbox/sources", cache);
    else if (home && *home)
        buf_printf(&path, "%s/.cache/agent-sandbox/sources", home);
    return path.data;
}

/* Its URL is in the name: what came from another place must not stand for it. */
char *sources_path(const char *url, const char *rev) {
    char *folder = sources_folder(), from[65];
    struct buf path = {0};
    sha256_hex(url, strlen(url), from);
    if (folder)
        buf_printf(&path, "%s/%s-%.16s", folder, rev, from);
    free(folder);
    return path.data;
}
