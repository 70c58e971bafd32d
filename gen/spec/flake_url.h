/*
 * The one form of flake reference that a spec's inputs may have: github:OWNER/REPO[/REF].
 * Nix compares the parsed URL with the lock's "original" and relocks over the network when they
 * differ, so what it could read in two ways (queries, escapes, a REF with a slash) is refused.
 */
#ifndef FLAKE_URL_H
#define FLAKE_URL_H

#include "spec/spec.h"

struct flake_url {
    char owner[40], repo[101], ref[129]; /* as long as the forge allows; ref is "" when absent */
    bool ref_is_rev;                     /* 40 hex digits: Nix takes it for a commit */
};

bool flake_url_parse(const char *url, struct flake_url *parsed);

#endif
