/* What update fetches of a git repository into the cache: with the user's own git, and the only
 * thing that it asks of a network. */
#ifndef FETCH_H
#define FETCH_H

#include "base/sha256.h"
#include "cmd/command.h"

struct fetched {
    char rev[41];
    char hash[SHA256_SRI_SIZE];
};

/* The commit that a branch or a tag has now (NULL: HEAD). Failures have been told. */
enum exit_code fetch_ref(const char *url, const char *ref, struct fetched *fetched);

/* That commit itself. */
enum exit_code fetch_rev(const char *url, const char *rev, struct fetched *fetched);

#endif
