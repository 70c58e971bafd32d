#include "render/render_iptables.h"
#include "render/veth.h"
#include "spec/vocabulary.h"

/* One of our chains: "as60610" and a literal. */
#define CHAIN(out, plan, suffix)                                                                   \
    (buf_lit((out), "as"), buf_uint((out), (plan)->agent_uid), buf_lit((out), suffix))
#define APPEND(out, plan, suffix)                                                                  \
    (buf_lit((out), "-A "), CHAIN((out), (plan), suffix), buf_lit((out), " "))

static void relay_dials(const struct plan *plan, uint64_t port, struct buf *out) {
    APPEND(out, plan, "_relay");
    buf_lit(out, "-o lo -d 127.0.0.1/32 -p tcp --dport ");
    buf_uint(out, port);
    buf_lit(out, " -j RETURN\n");
}

/* The relay listens and dials on 127.0.0.1 alone: in IPv6 it has nothing to say. */
static void fill_relay_rules(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    relay_dials(plan, plan->proxy_port, out);
    for (size_t i = 0; i < network->local_ports.n; i++)
        relay_dials(plan, (uint64_t)network->local_ports.v[i], out);
    for (size_t i = 0; i < network->publish.n; i++) {
        APPEND(out, plan, "_relay");
        buf_lit(out, "-o lo -p tcp --sport ");
        buf_uint(out, (uint64_t)network->publish.v[i]);
        buf_lit(out, " -m conntrack --ctdir REPLY -j RETURN\n");
    }
}

/* As in render_nft.c: an audit lets pass every port. */
static void fill_proxy_rules(const struct plan *plan, struct buf *out) {
    if (plan->spec->network.enforcement == ENFORCEMENT_AUDIT) {
        APPEND(out, plan, "_proxy");
        buf_lit(out, "-p tcp -j RETURN\n");
        return;
    }
    for (size_t i = 0; i < plan->egress_ports.n; i++) {
        APPEND(out, plan, "_proxy");
        buf_lit(out, "-p tcp --dport ");
        buf_uint(out, (uint64_t)plan->egress_ports.v[i]);
        buf_lit(out, " -j RETURN\n");
    }
}

/* As in render_nft.c: what the proxy never connects to. */
static void special_rules(const struct plan *plan, uint8_t family, struct buf *out) {
    for (size_t i = 0; i < special_ranges_count; i++) {
        const struct special_range *range = &special_ranges[i];
        if (!special_needs_a_rule(range, family))
            continue;
        APPEND(out, plan, "_proxy");
        buf_lit(out, "-d ");
        buf_cidr(out, range->cidr);
        buf_lit(out, " -j ");
        CHAIN(out, plan, "_refuse\n");
    }
}

static void fill_special_v4(const struct plan *plan, struct buf *out) {
    special_rules(plan, 4, out);
}

static void fill_special_v6(const struct plan *plan, struct buf *out) {
    special_rules(plan, 6, out);
}

static bool has_cidrs(const struct plan *plan) {
    return plan->spec->network.cidrs.n > 0;
}

static void fill_cidr_chain_names(const struct plan *plan, struct buf *out) {
    if (!has_cidrs(plan))
        return;
    buf_lit(out, ":");
    CHAIN(out, plan, "_cidrs - [0:0]\n:");
    CHAIN(out, plan, "_forward - [0:0]\n:");
    CHAIN(out, plan, "_input - [0:0]\n");
}

static void refuse(const struct plan *plan, struct buf *out) {
    buf_lit(out, "-j ");
    CHAIN(out, plan, "_refuse\n");
}

/* Times are in UTC unless --kerneltz is given: iptables-extensions(8). */
/* iptables-extensions(8): --datestop takes no time after 2038-01-19T04:17:07. Too early is safe. */
static struct date last_date(struct date date) {
    const struct date last = {2038, 1, 18};
    bool later = date.year > last.year ||
                 (date.year == last.year && (date.month > last.month || date.day > last.day));
    return later ? last : date;
}

static void until(struct buf *out, struct date expires) {
    if (!expires.year)
        return;
    buf_lit(out, " -m time --datestop ");
    buf_date(out, last_date(expires));
    buf_lit(out, "T23:59:59");
}

/* As in render_nft.c. */
static void opened_rules(const struct plan *plan, uint8_t family, struct buf *out) {
    for (size_t i = 0; i < plan->opened.n; i++) {
        const struct opened *opened = &plan->opened.v[i];
        for (size_t k = 0; opened->cidr.family == family && k < opened->port_count; k++) {
            APPEND(out, plan, "_proxy");
            buf_lit(out, "-d ");
            buf_cidr(out, opened->cidr);
            buf_lit(out, " -p tcp --dport ");
            buf_uint(out, (uint64_t)opened->ports[k]);
            until(out, opened->expires);
            buf_lit(out, " -j RETURN\n");
        }
    }
}

static void fill_opened_v4(const struct plan *plan, struct buf *out) {
    opened_rules(plan, 4, out);
}

static void fill_opened_v6(const struct plan *plan, struct buf *out) {
    opened_rules(plan, 6, out);
}

static void cidr_port(const struct plan *plan, const struct cidr_rule *rule, int64_t port,
                      struct buf *out) {
    APPEND(out, plan, "_cidrs");
    buf_lit(out, "-s ");
    veth_address(plan, rule->cidr.family, VETH_AGENT, out);
    buf_lit(out, " -d ");
    buf_cidr(out, rule->cidr);
    if (rule->protocol == PROTOCOL_TCP)
        buf_lit(out, " -p tcp --dport ");
    else
        buf_lit(out, " -p udp --dport ");
    buf_uint(out, (uint64_t)port);
    until(out, rule->expires);
    buf_lit(out, " -j RETURN\n");
}

static void cidr_ports(const struct plan *plan, int family, struct buf *out) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &plan->spec->network.cidrs.v[i];
        for (size_t port = 0; rule->cidr.family == family && port < rule->ports.n; port++)
            cidr_port(plan, rule, rule->ports.v[port], out);
    }
    APPEND(out, plan, "_cidrs");
    refuse(plan, out);
}

static void match_veth(const struct plan *plan, bool in, struct buf *out) {
    if (in)
        buf_lit(out, "-i ");
    else
        buf_lit(out, "-o ");
    buf_name(out, plan->veth_host);
    buf_lit(out, " ");
}

/* Reply or not, every packet of the agent's is looked at; nobody dials in; the host is none of
 * the destinations, and has no business with the agent's end of the pair. */
static void cidr_rules(const struct plan *plan, int family, struct buf *out) {
    if (!has_cidrs(plan))
        return;
    cidr_ports(plan, family, out);
    APPEND(out, plan, "_forward");
    match_veth(plan, true, out);
    buf_lit(out, "-g ");
    CHAIN(out, plan, "_cidrs\n");
    APPEND(out, plan, "_forward");
    match_veth(plan, false, out);
    buf_lit(out, "-m conntrack --ctdir ORIGINAL ");
    refuse(plan, out);
    if (family == 6) {
        APPEND(out, plan, "_input");
        match_veth(plan, true, out);
        buf_lit(out, "-p icmpv6 --icmpv6-type neighbour-solicitation -j RETURN\n");
        APPEND(out, plan, "_input");
        match_veth(plan, true, out);
        buf_lit(out, "-p icmpv6 --icmpv6-type neighbour-advertisement -j RETURN\n");
    }
    APPEND(out, plan, "_input");
    match_veth(plan, true, out);
    refuse(plan, out);
    APPEND(out, plan, "_out");
    match_veth(plan, false, out);
    buf_lit(out, "-m conntrack --ctdir ORIGINAL ");
    refuse(plan, out);
}

static void fill_cidr_rules(const struct plan *plan, struct buf *out) {
    cidr_rules(plan, 4, out);
}

static void fill_cidr_rules_v6(const struct plan *plan, struct buf *out) {
    cidr_rules(plan, 6, out);
}

static void fill_cidr_jumps(const struct plan *plan, struct buf *out) {
    if (!has_cidrs(plan))
        return;
    buf_lit(out, "-I FORWARD 1 -j ");
    CHAIN(out, plan, "_forward\n-I INPUT 1 -j ");
    CHAIN(out, plan, "_input\n");
}

static void cidr_nat(const struct plan *plan, int family, struct buf *out) {
    if (!veth_family(plan, family))
        return;
    buf_lit(out, "*nat\n-I POSTROUTING 1 -s ");
    veth_address(plan, family, VETH_AGENT, out);
    buf_lit(out, " -j MASQUERADE\nCOMMIT\n");
}

static void fill_cidr_nat(const struct plan *plan, struct buf *out) {
    cidr_nat(plan, 4, out);
}

static void fill_cidr_nat_v6(const struct plan *plan, struct buf *out) {
    cidr_nat(plan, 6, out);
}

static void nothing(const struct plan *plan, struct buf *out) {
    (void)plan, (void)out;
}

const struct hole iptables_v4_holes[] = {
    {"relay_rules", fill_relay_rules},
    {"special_v4", fill_special_v4},
    {"proxy_rules", fill_proxy_rules},
    {"cidr_chain_names", fill_cidr_chain_names},
    {"cidr_rules", fill_cidr_rules},
    {"cidr_jumps", fill_cidr_jumps},
    {"cidr_nat", fill_cidr_nat},
    {"opened_v4", fill_opened_v4},
    {NULL, NULL},
};

const struct hole iptables_v6_holes[] = {
    {"relay_rules", nothing},
    {"special_v6", fill_special_v6},
    {"proxy_rules", fill_proxy_rules},
    {"cidr_chain_names", fill_cidr_chain_names},
    {"cidr_rules", fill_cidr_rules_v6},
    {"cidr_jumps", fill_cidr_jumps},
    {"cidr_nat", fill_cidr_nat_v6},
    {"opened_v6", fill_opened_v6},
    {NULL, NULL},
};
