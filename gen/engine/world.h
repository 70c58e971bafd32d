/*
 * What the engine asks the world, in one file, so that tests can put another in its place (there is
 * no switch that opens private addresses).
 */
#ifndef WORLD_H
#define WORLD_H

#include "base/values.h"

#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>

/* getaddrinfo(3) for a stream to that port; called in a thread of its own. */
int world_lookup(const char *host, int port, struct addrinfo **found);
void world_lookup_free(struct addrinfo *found);

/* Whether the proxy may connect to it: global (special_ranges, open_v6), or in one of the ranges
 * and in none that no spec may name; and not this machine's own. */
bool world_may_reach(const struct sockaddr *address, const struct cidr *ranges, size_t count);

/* Endings of which no name is public: special_use (spec/vocabulary.h). */
extern const char *const *const world_special_use;

struct date world_today(void); /* in UTC */
int64_t world_now(void);       /* seconds since the epoch */
int64_t world_boot_now(void);  /* seconds since the machine was started, that nobody sets back */

/* What is borne of clients. */
struct world_limits {
    unsigned clients;      /* connections at once; well below LimitNOFILE of the engine's unit */
    unsigned head_seconds; /* of a request's head, from its first byte to its last */
    unsigned body_seconds; /* without a byte of a body that is waited for */
};
struct world_limits world_limits(void);

#endif
