#include "render/render_nft.h"
#include "render/veth.h"
#include "spec/vocabulary.h"

/* "{ 80, 443 }"; nft has no empty set, so callers look first. */
static void port_set(struct buf *out, const int64_t *ports, size_t n, uint64_t first) {
    buf_lit(out, "{ ");
    if (first)
        buf_uint(out, first);
    for (size_t i = 0; i < n; i++) {
        if (first || i)
            buf_lit(out, ", ");
        buf_uint(out, (uint64_t)ports[i]);
    }
    buf_lit(out, " }");
}

static void fill_relay_ports(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    port_set(out, network->local_ports.v, network->local_ports.n, plan->proxy_port);
}

static void fill_relay_publish(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (!network->publish.n)
        return;
    buf_lit(out, "        oifname \"lo\" tcp sport ");
    port_set(out, network->publish.v, network->publish.n, 0);
    buf_lit(out, " ct direction reply accept\n");
}

/* An audit lets pass what no rule allows, on whatever port; public addresses all the same. */
static void fill_proxy_dials(const struct plan *plan, struct buf *out) {
    if (plan->spec->network.enforcement == ENFORCEMENT_AUDIT) {
        buf_lit(out, "        meta l4proto tcp accept\n");
    } else if (plan->egress_ports.n) {
        buf_lit(out, "        tcp dport ");
        port_set(out, plan->egress_ports.v, plan->egress_ports.n, 0);
        buf_lit(out, " accept\n");
    }
}

/* What the proxy never connects to, five a line. Of IPv6 all outside of open_v6 is refused by a
 * rule. */
static void special_set(uint8_t family, struct buf *out) {
    size_t n = 0;
    for (size_t i = 0; i < special_ranges_count; i++) {
        const struct special_range *range = &special_ranges[i];
        if (!special_needs_a_rule(range, family))
            continue;
        if (n == 0)
            buf_lit(out, "            ");
        else if (n % 5 == 0)
            buf_lit(out, ",\n            ");
        else
            buf_lit(out, ", ");
        n++;
        buf_cidr(out, range->cidr);
    }
    buf_lit(out, "\n");
}

static void fill_special_v4(const struct plan *plan, struct buf *out) {
    (void)plan;
    special_set(4, out);
}

static void fill_special_v6(const struct plan *plan, struct buf *out) {
    (void)plan;
    special_set(6, out);
}

static bool has_cidrs(const struct plan *plan) {
    return plan->spec->network.cidrs.n > 0;
}

static void fill_cidr_counter(const struct plan *plan, struct buf *out) {
    if (has_cidrs(plan))
        buf_lit(out, "    counter cidr_denied { }\n");
}

/* The host's own users have no business with the agent's end of the pair. */
static void fill_cidr_output(const struct plan *plan, struct buf *out) {
    if (!has_cidrs(plan))
        return;
    buf_lit(out, "        oifname \"");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\" ct direction original goto refuse_cidr\n");
}

/* Seconds since the epoch at the end of that day, in UTC: IEEE Std 1003.1, Base Definitions, 4.16.
 */
static uint64_t end_of_day(struct date date) {
    static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t year = date.year, leap_years = year - (date.month <= 2);
    uint64_t days = (year - 1970) * 365 + before[date.month - 1] + date.day;
    days +=
        leap_years / 4 - leap_years / 100 + leap_years / 400 - (1970 / 4 - 1970 / 100 + 1970 / 400);
    return days * 86400;
}

static void family_word(struct buf *out, int family) {
    if (family == 4)
        buf_lit(out, "ip");
    else
        buf_lit(out, "ip6");
}

/* nft reads a date in the local time of whoever loads it, but a number as it is. */
static void until(struct buf *out, struct date expires) {
    if (!expires.year)
        return;
    buf_lit(out, " meta time < ");
    buf_uint(out, end_of_day(expires));
}

/* Behind what refuses the loopback, and this host's own addresses with it. */
static void fill_opened(const struct plan *plan, struct buf *out) {
    if (plan->opened.n)
        buf_lit(out, "        # Addresses that are not public, and that a rule names.\n");
    for (size_t i = 0; i < plan->opened.n; i++) {
        const struct opened *opened = &plan->opened.v[i];
        buf_lit(out, "        ");
        family_word(out, opened->cidr.family);
        buf_lit(out, " daddr ");
        buf_cidr(out, opened->cidr);
        buf_lit(out, " tcp dport ");
        port_set(out, opened->ports, opened->port_count, 0);
        until(out, opened->expires);
        buf_lit(out, " accept\n");
    }
}

static void cidr_rule(struct buf *out, const struct plan *plan, const struct cidr_rule *rule) {
    if (!rule->ports.n)
        return;
    buf_lit(out, "        ");
    family_word(out, rule->cidr.family);
    buf_lit(out, " saddr ");
    veth_address(plan, rule->cidr.family, VETH_AGENT, out);
    buf_lit(out, " ");
    family_word(out, rule->cidr.family);
    buf_lit(out, " daddr ");
    buf_cidr(out, rule->cidr);
    if (rule->protocol == PROTOCOL_TCP)
        buf_lit(out, " tcp dport ");
    else
        buf_lit(out, " udp dport ");
    port_set(out, rule->ports.v, rule->ports.n, 0);
    until(out, rule->expires);
    buf_lit(out, " accept\n");
}

/* Every packet is looked at, and none let through because its connection was: a rule that is
 * taken back, or expires, cuts at once. */
static void forward_chains(const struct plan *plan, struct buf *out) {
    buf_lit(out,
            "\n    # What is not HTTP: these destinations, nothing beside them, nobody back in.\n"
            "    chain forward {\n"
            "        type filter hook forward priority filter - 5; policy accept;\n"
            "        iifname \"");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\" goto cidrs\n        oifname \"");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\" ct direction original goto refuse_cidr\n    }\n\n    chain cidrs {\n");
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++)
        cidr_rule(out, plan, &plan->spec->network.cidrs.v[i]);
    buf_lit(out, "        goto refuse_cidr\n    }\n");
}

/* RFC 4861: without neighbour discovery, which stays on the link, IPv6 has no next hop. */
static void input_chain(const struct plan *plan, struct buf *out) {
    buf_lit(out, "\n    # The host itself is none of the destinations.\n"
                 "    chain input {\n"
                 "        type filter hook input priority filter - 5; policy accept;\n");
    if (veth_family(plan, 6)) {
        buf_lit(out, "        iifname \"");
        buf_name(out, plan->veth_host);
        buf_lit(out, "\" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } "
                     "ip6 hoplimit 255 accept\n");
    }
    buf_lit(out, "        iifname \"");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\" goto refuse_cidr\n    }\n");
}

static void masquerade(const struct plan *plan, int family, struct buf *out) {
    if (!veth_family(plan, family))
        return;
    buf_lit(out, "        ");
    family_word(out, family);
    buf_lit(out, " saddr ");
    veth_address(plan, family, VETH_AGENT, out);
    buf_lit(out, " masquerade\n");
}

static void fill_cidr_chains(const struct plan *plan, struct buf *out) {
    if (!has_cidrs(plan))
        return;
    forward_chains(plan, out);
    input_chain(plan, out);
    buf_lit(out, "\n    chain postrouting {\n"
                 "        type nat hook postrouting priority srcnat; policy accept;\n");
    masquerade(plan, 4, out);
    masquerade(plan, 6, out);
    buf_lit(out, "    }\n\n    chain refuse_cidr {\n"
                 "        counter name cidr_denied\n"
                 "        goto refuse\n    }\n");
}

const struct hole nft_holes[] = {
    {"relay_ports", fill_relay_ports},
    {"relay_publish", fill_relay_publish},
    {"opened", fill_opened},
    {"proxy_dials", fill_proxy_dials},
    {"special_v4", fill_special_v4},
    {"special_v6", fill_special_v6},
    {"cidr_counter", fill_cidr_counter},
    {"cidr_output", fill_cidr_output},
    {"cidr_chains", fill_cidr_chains},
    {NULL, NULL},
};
