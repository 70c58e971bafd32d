#include "render/render_units.h"
#include "render/units.h"
#include "render/veth.h"
#include "write/write_unit.h"

/* Without IPv6 on the host its destinations are not there; that is no reason to refuse the others.
 */
static void command(struct buf *out, const struct plan *plan, bool inside, int family) {
    buf_lit(out, "ExecStart=");
    if (family == 6)
        buf_lit(out, "-");
    buf_lit(out, "ip ");
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
        command(out, plan, inside, 6);
        buf_lit(out, "link set dev ");
        buf_name(out, link);
        buf_lit(out, " addrgenmode none\n");
    }
    command(out, plan, inside, 4);
    buf_lit(out, "link set dev ");
    buf_name(out, link);
    buf_lit(out, " up\n");
}

static void add_address(struct buf *out, const struct plan *plan, int family, bool inside) {
    command(out, plan, inside, family);
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
}

/* replace, not add: two rules may name the same destination. There is no default route. */
static void add_route(struct buf *out, const struct plan *plan, struct cidr cidr) {
    command(out, plan, true, cidr.family);
    buf_lit(out, "route replace ");
    buf_cidr(out, cidr);
    buf_lit(out, " via ");
    veth_address(plan, cidr.family, VETH_HOST, out);
    buf_lit(out, "\n");
}

static void road_command(struct buf *out, const struct plan *plan) {
    buf_path(out, plan->current);
    buf_lit(out, "/bin/cidr-route ");
}

static void open_road(struct buf *out, const struct plan *plan) {
    buf_lit(out, "ExecStart=");
    road_command(out, plan);
    buf_lit(out, "open ");
    buf_name(out, plan->prefix);
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        buf_lit(out, " ");
        buf_cidr_rule(out, &plan->spec->network.cidrs.v[i]);
    }
    buf_lit(out, "\n");
}

static void fill_veth(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (!network->cidrs.n)
        return;
    buf_lit(out, "# The route to network.cidrs; what may take it is the firewall's to say.\n");
    buf_lit(out, "ExecStartPre=-ip link delete ");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\n");
    open_road(out, plan);
    buf_lit(out, "ExecStart=ip link add ");
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

static void fill_close_road(const struct plan *plan, struct buf *out) {
    if (!plan->spec->network.cidrs.n)
        return;
    buf_lit(out, "ExecStopPost=-ip link delete ");
    buf_name(out, plan->veth_host);
    buf_lit(out, "\nExecStopPost=");
    road_command(out, plan);
    buf_lit(out, "close\n");
}

static void fill_capture(const struct plan *plan, struct buf *out) {
    if (!plan->spec->network.capture)
        return;
    buf_lit(
        out,
        "# What is dialled at the addresses of names goes to what answers for them.\nExecStart=");
    buf_path(out, plan->current);
    buf_lit(out, "/bin/capture-route ");
    buf_name(out, plan->prefix);
    buf_lit(out, "\n");
}

/* The older iptables talk through a raw socket. */
static void fill_netns_capabilities(const struct plan *plan, struct buf *out) {
    if (plan->spec->network.cidrs.n || plan->spec->network.capture)
        buf_lit(out, "CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_ADMIN CAP_NET_RAW\n"
                     "RestrictAddressFamilies=AF_NETLINK AF_INET AF_INET6\n");
    else
        buf_lit(out, "CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_ADMIN\n"
                     "RestrictAddressFamilies=AF_NETLINK\n");
}

/* A reload of the distribution's rules flushes those, too. */
static void fill_guard_road(const struct plan *plan, struct buf *out) {
    if (!plan->spec->network.cidrs.n)
        return;
    buf_lit(out, "ExecReload=");
    road_command(out, plan);
    buf_lit(out, "guard\n");
}

const struct hole netns_holes[] = {{"veth", fill_veth},
                                   {"capture", fill_capture},
                                   {"close_road", fill_close_road},
                                   {"capabilities", fill_netns_capabilities},
                                   {NULL, NULL}};
const struct hole firewall_holes[] = {{"guard_road", fill_guard_road}, {NULL, NULL}};

/* A credential that is missing keeps the proxy from starting. Keychains are macOS's. */
static void fill_credentials(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->handed.n; i++) {
        const struct credential *credential = &plan->handed.v[i];
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
        } else if (credential->source.kind == SOURCE_COMMAND) {
            buf_lit(out, "LoadCredential=");
            buf_name(out, credential->name);
            buf_lit(out, ":");
            buf_given(out, plan->state, credential);
            buf_lit(out, "\n");
        }
    }
}

/* systemd looks at where the secrets are; what it sees starts the service of the same name. */
static void fill_watched_secrets(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->handed.n; i++) {
        const struct source *source = &plan->handed.v[i].source;
        if (source->kind == SOURCE_FILE) {
            buf_lit(out, "PathChanged=");
            unit_path(out, source->path);
            buf_lit(out, "\n");
        } else if (source->kind == SOURCE_SYSTEMD) {
            buf_lit(out, "PathChanged=/etc/credstore.encrypted/");
            buf_name(out, source->name);
            buf_lit(out, "\n");
        } else if (source->kind == SOURCE_COMMAND) {
            buf_lit(out, "PathChanged=");
            buf_given(out, plan->state, &plan->handed.v[i]);
            buf_lit(out, "\n");
        }
    }
}

const struct hole secrets_holes[] = {
    {"credentials", fill_credentials}, {"watched_secrets", fill_watched_secrets}, {NULL, NULL}};

/* The proxy has no business in the workspaces. */
static void fill_closed_paths(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        buf_lit(out, "InaccessiblePaths=-");
        unit_folder(out, plan->spec->workspaces.v[i].path);
        buf_lit(out, "\n");
    }
}

/* Both files are root's: what ends with the machine, and what has a date. */
static void fill_native_control(const struct plan *plan, struct buf *out) {
    if (!plan_has_control(plan))
        return;
    buf_lit(out, " --control ");
    buf_path(out, plan->state);
    buf_lit(out, "/proxy/control");
    if (!spec_grants(plan->spec))
        return;
    buf_lit(out, " --grants /run/");
    buf_name(out, plan->prefix);
    buf_lit(out, "/grants.json --grants ");
    buf_path(out, plan->state);
    buf_lit(out, "/grants.json");
}

/* Of the store of logins; host/kinds/login.py makes it, and says LoadCredential= where this host
 * encrypts nothing. */
static void fill_login_key(const struct plan *plan, struct buf *out) {
    if (!plan->spec->logins.n)
        return;
    buf_lit(out, "LoadCredentialEncrypted=login-key:");
    buf_path(out, plan->state);
    buf_lit(out, "/login-key.cred\n");
}

static void fill_mitmproxy_control(const struct plan *plan, struct buf *out) {
    if (!spec_grants(plan->spec))
        return;
    buf_lit(out, " --set sandbox_control=");
    buf_path(out, plan->state);
    buf_lit(out, "/proxy/control --set sandbox_grants=/run/");
    buf_name(out, plan->prefix);
    buf_lit(out, "/grants.json:");
    buf_path(out, plan->state);
    buf_lit(out, "/grants.json");
}

const struct hole egress_holes[] = {{"credentials", fill_credentials},
                                    {"closed_paths", fill_closed_paths},
                                    {"control", fill_mitmproxy_control},
                                    {NULL, NULL}};
const struct hole native_holes[] = {{"credentials", fill_credentials},
                                    {"closed_paths", fill_closed_paths},
                                    {"control", fill_native_control},
                                    {"login_key", fill_login_key},
                                    {NULL, NULL}};
