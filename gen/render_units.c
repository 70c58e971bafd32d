#include "render_units.h"
#include "veth.h"
#include "write_unit.h"

static void command(struct buf *out, const struct plan *plan, bool inside) {
    buf_lit(out, "ExecStart=ip ");
    if (inside) {
        buf_lit(out, "-n ");
        buf_name(out, plan->prefix);
        buf_lit(out, " ");
    }
}

/* In IPv4 no address but the one that we give. In IPv6 the host cannot ask for its neighbour
 * without a link-local one. */
static void raise_link(struct buf *out, const struct plan *plan, bool inside, struct name link) {
    if (!veth_family(plan, 6)) {
        command(out, plan, inside);
        buf_lit(out, "link set dev ");
        buf_name(out, link);
        buf_lit(out, " addrgenmode none\n");
    }
    command(out, plan, inside);
    buf_lit(out, "link set dev ");
    buf_name(out, link);
    buf_lit(out, " up\n");
}

static void add_address(struct buf *out, const struct plan *plan, int family, bool inside) {
    command(out, plan, inside);
    buf_lit(out, "address add ");
    veth_address(plan, family, inside ? VETH_AGENT : VETH_HOST, out);
    if (family == 4)
        buf_lit(out, "/30 dev ");
    else
        buf_lit(out, "/126 dev ");
    buf_name(out, inside ? plan->veth_agent : plan->veth_host);
    if (family == 6)
        buf_lit(out, " nodad");
    buf_lit(out, "\n");
}

static void add_family(struct buf *out, const struct plan *plan, int family) {
    if (!veth_family(plan, family))
        return;
    add_address(out, plan, family, false);
    add_address(out, plan, family, true);
    if (family == 4)
        buf_lit(out, "ExecStart=sysctl -q -w net.ipv4.ip_forward=1\n");
    else
        buf_lit(out, "ExecStart=sysctl -q -w net.ipv6.conf.all.forwarding=1\n");
}

/* replace, not add: two rules may name the same destination. There is no default route. */
static void add_route(struct buf *out, const struct plan *plan, struct cidr cidr) {
    command(out, plan, true);
    buf_lit(out, "route replace ");
    buf_cidr(out, cidr);
    buf_lit(out, " via ");
    veth_address(plan, cidr.family, VETH_HOST, out);
    buf_lit(out, "\n");
}

static void fill_veth(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (!network->cidrs.n)
        return;
    buf_lit(out, "# The road to network.cidrs; what may take it is the firewall's to say.\n");
    buf_lit(out, "ExecStartPre=-ip link delete ");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\nExecStart=ip link add ");
    buf_name(out, plan->veth_host);
    buf_lit(out, " type veth peer name ");
    buf_name(out, plan->veth_agent);
    buf_lit(out, " netns ");
    buf_name(out, plan->prefix);
    buf_lit(out, "\n");
    raise_link(out, plan, false, plan->veth_host);
    raise_link(out, plan, true, plan->veth_agent);
    add_family(out, plan, 4);
    add_family(out, plan, 6);
    for (size_t i = 0; i < network->cidrs.n; i++)
        add_route(out, plan, network->cidrs.v[i].cidr);
}

const struct hole netns_holes[] = {{"veth", fill_veth}, {NULL, NULL}};

/* A credential that is missing keeps the proxy from starting. Keychains are macOS's. */
static void fill_credentials(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->credentials.n; i++) {
        const struct credential *credential = &plan->spec->credentials.v[i];
        if (credential->source.kind == SOURCE_FILE) {
            buf_lit(out, "LoadCredential=");
            buf_name(out, credential->name);
            buf_lit(out, ":");
            unit_path(out, credential->source.path);
            buf_lit(out, "\n");
        } else if (credential->source.kind == SOURCE_SYSTEMD) {
            buf_lit(out, "LoadCredentialEncrypted=");
            buf_name(out, credential->name);
            buf_lit(out, ":/etc/credstore.encrypted/");
            buf_name(out, credential->source.name);
            buf_lit(out, "\n");
        }
    }
}

/* The proxy has no business in the workspaces. */
static void fill_closed_paths(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        buf_lit(out, "InaccessiblePaths=-");
        unit_path(out, plan->spec->workspaces.v[i].path);
        buf_lit(out, "\n");
    }
}

const struct hole egress_holes[] = {
    {"credentials", fill_credentials}, {"closed_paths", fill_closed_paths}, {NULL, NULL}};
