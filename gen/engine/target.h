/*
 * What a request names: host, port, path. Strict; one spelling of each name:
 * modules/proxy/target.py, in C. Each function gives NULL, or why there is no single, safe reading
 * (quotes nothing of the text).
 */
#ifndef TARGET_H
#define TARGET_H

#include "base/arena.h"
#include "engine/bytes.h"
#include "spec/url_path.h"

enum { TARGET_LONGEST = 32768 };

/* In origin form: RFC 9112, section 3.2.1. */
struct target {
    struct bytes path, query; /* query.s is NULL where there is no '?' */
    /* Every way in which a server may read the path, percent-decoded (UTF-8, but for %2F); grows
     * with the path, never more than a bound that target.c states. */
    struct bytes *readings;
    size_t reading_count;
};

const char *target_parse(struct arena *arena, struct bytes raw, struct target *target);
const char *target_host(struct arena *arena, struct bytes text, const char **name);
/* host[:port]; with usual 0 (CONNECT) the port is required. */
const char *target_authority(struct arena *arena, struct bytes text, int usual, const char **host,
                             int *port);
/* The ending for which no name has a public address (world.h), or NULL. */
const char *target_special_use(const char *host);

#endif
