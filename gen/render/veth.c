#include "render/veth.h"

bool veth_family(const struct plan *plan, int family) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++)
        if (plan->spec->network.cidrs.v[i].cidr.family == family)
            return true;
    return false;
}

void buf_cidr_rule(struct buf *out, const struct cidr_rule *rule) {
    buf_cidr(out, rule->cidr);
    if (rule->protocol == PROTOCOL_UDP)
        buf_lit(out, ",udp");
    else
        buf_lit(out, ",tcp");
    for (size_t i = 0; i < rule->ports.n; i++) {
        buf_lit(out, ",");
        buf_uint(out, (uint64_t)rule->ports.v[i]);
    }
}

static void address_v4(uint32_t n, enum veth_side side, struct buf *out) {
    uint32_t low = n * 4 + side;
    buf_lit(out, "198.18.");
    buf_uint(out, low >> 8);
    buf_lit(out, ".");
    buf_uint(out, low & 255);
}

static void address_v6(uint32_t n, enum veth_side side, struct buf *out) {
    buf_lit(out, "fd61:6773:6200:");
    buf_uint(out, n / 1000);
    buf_lit(out, ":");
    buf_uint(out, n % 1000);
    buf_lit(out, "::");
    buf_uint(out, side);
}

void veth_address(const struct plan *plan, int family, enum veth_side side, struct buf *out) {
    uint32_t n = plan->agent_uid / 2 % 16384;
    if (family == 4)
        address_v4(n, side, out);
    else
        address_v6(n, side, out);
}
