/*
 * The pair of interfaces between the host and the agent's namespace, which is there only when a
 * spec has network.cidrs.
 *
 * Addresses, with n = (agent's uid / 2) mod 16384, so that no two sandboxes of a host share one:
 *   IPv4  198.18.0.0/16 (RFC 2544: never routed) in steps of 4: its n-th /30, .1 host, .2 agent;
 *         the other half of RFC 2544's, 198.19.0.0/16, stands for names (engine/names.h)
 *   IPv6  fd61:6773:6200:A:B::/126 (RFC 4193) with A = n / 1000 and B = n mod 1000, both written
 *         in decimal digits; ::1 host, ::2 agent
 */
#ifndef VETH_H
#define VETH_H

#include "base/buf.h"
#include "plan/plan.h"

enum veth_side { VETH_HOST = 1, VETH_AGENT = 2 };

/* Whether a rule of network.cidrs is of this family: 4 or 6. */
bool veth_family(const struct plan *plan, int family);

/* Without a prefix length: that is 30 and 126. */
void veth_address(const struct plan *plan, int family, enum veth_side side, struct buf *out);

/* CIDR,PROTOCOL,PORT[,PORT]...: one word, as bin/cidr-route and the probes read it. */
void buf_cidr_rule(struct buf *out, const struct cidr_rule *rule);

#endif
