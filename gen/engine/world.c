#include "engine/world.h"
#include "base/calendar.h"
#include "spec/vocabulary.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const *const world_special_use = special_use;

int world_lookup(const char *host, int port, struct addrinfo **found) {
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    return getaddrinfo(host, service, &wanted, found);
}

void world_lookup_free(struct addrinfo *found) {
    if (found)
        freeaddrinfo(found);
}

static bool as_cidr(const struct sockaddr *address, struct cidr *cidr) {
    *cidr = (struct cidr){0};
    if (address->sa_family == AF_INET) {
        cidr->family = 4;
        cidr->length = 32;
        memcpy(cidr->bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
        return true;
    }
    if (address->sa_family != AF_INET6)
        return false;
    cidr->family = 6;
    cidr->length = 128;
    memcpy(cidr->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    return true;
}

static bool is_global(const struct sockaddr *address) {
    struct cidr cidr;
    if (!as_cidr(address, &cidr))
        return false;
    if (cidr.family == 6 && !cidrs_overlap(&cidr, &open_v6))
        return false;
    for (size_t i = 0; i < special_ranges_count; i++)
        if (special_ranges[i].closed && cidrs_overlap(&cidr, &special_ranges[i].cidr))
            return false;
    return true;
}

static bool is_listed(const struct sockaddr *address, const struct cidr *ranges, size_t count) {
    struct cidr cidr;
    bool listed = false;
    if (!as_cidr(address, &cidr))
        return false;
    for (size_t i = 0; i < count; i++)
        listed = listed || cidr_covers(&ranges[i], &cidr);
    for (size_t i = 0; listed && i < special_ranges_count; i++)
        if (special_ranges[i].refused && cidrs_overlap(&cidr, &special_ranges[i].cidr))
            return false;
    return listed;
}

/* A host with a public address has services on it, too. The kernel takes a local destination as its
 * own source; connect(2) of UDP sends nothing. */
static bool is_own(const struct sockaddr *address) {
    struct sockaddr_storage to = {0}, from = {0};
    socklen_t length = address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                     : sizeof(struct sockaddr_in6),
              got = sizeof from;
    memcpy(&to, address, length);
    if (to.ss_family == AF_INET)
        ((struct sockaddr_in *)&to)->sin_port = htons(9);
    else
        ((struct sockaddr_in6 *)&to)->sin6_port = htons(9);
    int probe = socket(to.ss_family, SOCK_DGRAM, 0);
    if (probe < 0)
        return false;
    bool own = false;
    struct cidr one, other;
    if (connect(probe, (struct sockaddr *)&to, length) == 0 &&
        getsockname(probe, (struct sockaddr *)&from, &got) == 0 &&
        as_cidr((struct sockaddr *)&from, &one) && as_cidr(address, &other))
        own = memcmp(one.bytes, other.bytes, sizeof one.bytes) == 0;
    close(probe);
    return own;
}

bool world_may_reach(const struct sockaddr *address, const struct cidr *ranges, size_t count) {
    return (is_global(address) || is_listed(address, ranges, count)) && !is_own(address);
}

struct date world_today(void) {
    return calendar_date(time(NULL));
}

int64_t world_now(void) {
    return time(NULL);
}

int64_t world_boot_now(void) {
    struct timespec now;
#ifdef CLOCK_BOOTTIME
    clock_gettime(CLOCK_BOOTTIME, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now); /* of macOS: asleep, too */
#endif
    return now.tv_sec;
}

struct world_limits world_limits(void) {
    return (struct world_limits){.clients = 4096, .head_seconds = 60, .body_seconds = 600};
}
