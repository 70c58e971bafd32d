/*
 * What a check of specs, the firewall's rules and the proxy must mean the same by, in one table
 * each. check and the renderers read them here; the proxy reads modules/proxy/vocabulary.json,
 * which `agent-sandbox vocabulary` writes.
 */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include "base/values.h"

#include <stdbool.h>
#include <stddef.h>

/* IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates), multicast,
 * the notations of IPv6 that carry an IPv4 address, and the cloud's metadata services, which answer
 * with the machine's own keys. */
struct special_range {
    struct cidr cidr;
    bool closed;         /* no name may lead there, and the proxy never connects to it */
    const char *refused; /* what it is, where no network of a spec may cover it; NULL: it may */
};
extern const struct special_range special_ranges[];
extern const size_t special_ranges_count;

/* Of IPv6 global unicast alone is open (RFC 4291, section 2.4), less what is closed inside. */
extern const struct cidr open_v6;

/* Of that family, and closed by nothing else: outside of open_v6 one rule closes all. */
bool special_needs_a_rule(const struct special_range *range, uint8_t family);

bool cidrs_overlap(const struct cidr *a, const struct cidr *b);
/* Whether b lies in a. */
bool cidr_covers(const struct cidr *a, const struct cidr *b);

/* Headers, in lower case, '_' read as '-' (as CGI, and so many a server, does). A '-' at the end
 * stands for all that begin so. */
struct header_group {
    const char *name;
    const char *const *words; /* ends with NULL */
};
extern const struct header_group header_groups[];
extern const size_t header_groups_count;

/* Of none of these groups, though it begins like one. */
extern const char *const header_free;

/* Of that group; the name has n bytes. */
bool header_is_in(const char *group, const char *name, size_t n);
/* Of any of the groups: a credential cannot go into it. */
bool header_is_taken(const char *name);

/* Endings of which no name has a public address, whatever a DNS server says: RFC 6761, 6762 (local,
 * and appendix G: what private networks use), 7686 (onion), 8375 (home.arpa), 9476 (alt), and
 * ICANN's resolutions 2018.02.04.12 (corp, home) and 2024.07.29.06 (internal). Ends with NULL. */
extern const char *const special_use[];
/* Those of them that no network has as its own, whatever a rule says. Ends with NULL. */
extern const char *const special_use_closed[];
bool special_use_is_closed(const char *ending);
/* Where a network of one's own has names: strangers get none below it. */
bool special_use_is_open(const char *ending);

/* What hides a request from the proxy; ends with NULL. */
extern const char *const methods_refused[];
bool method_is_refused(const char *method);

/* What clients ask MCP servers for, in all its versions (modelcontextprotocol.io/specification,
 * 2024-11-05 to 2026-07-28): methods of JSON-RPC, and with a '/' at the end all that begin so. Ends
 * with NULL. */
extern const char *const mcp_methods[];
/* Of n bytes. */
bool mcp_method_is_known(const char *method, size_t n);

#endif
