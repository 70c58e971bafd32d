#include "render/render_darwin.h"
#include "render/render_accounts.h"
#include "spec/vocabulary.h"
#include "write/write_ruby.h"
#include "write/write_seatbelt.h"
#include "write/write_sudoers.h"

#include <string.h>

/* pf: nothing but numbers, so there is nothing to quote. */

static void pf_port_list(struct buf *out, const int64_t *ports, size_t n) {
    buf_lit(out, "port {");
    for (size_t i = 0; i < n; i++) {
        buf_lit(out, " ");
        buf_uint(out, (uint64_t)ports[i]);
    }
    buf_lit(out, " }");
}

static void pf_user(struct buf *out, uint32_t uid) {
    buf_lit(out, " user ");
    buf_uint(out, uid);
}

/* Both families of the loopback: localhost is either. */
static void pf_to_loopback(struct buf *out, const struct plan *plan, const int64_t *ports,
                           size_t n) {
    for (int v6 = 0; v6 < 2; v6++) {
        if (v6)
            buf_lit(out, "pass out quick on lo0 inet6 proto tcp from any to ::1 ");
        else
            buf_lit(out, "pass out quick on lo0 inet proto tcp from any to 127.0.0.1 ");
        pf_port_list(out, ports, n);
        pf_user(out, plan->agent_uid);
        buf_lit(out, " flags any no state\n");
    }
}

/* What the agent's own servers answer. Each of these packets carries an ACK; a connection's first
 * does not, so none is opened from these ports. */
static void pf_from_loopback(struct buf *out, const struct plan *plan, const int64_t *ports,
                             size_t n) {
    buf_lit(out, "pass out quick on lo0 proto tcp from any ");
    pf_port_list(out, ports, n);
    buf_lit(out, " to any");
    pf_user(out, plan->agent_uid);
    buf_lit(out, " flags A/A no state\n");
}

/* As net.inet.ip.portrange has them. Seatbelt knows no ranges, so of the loopback it opens all. */
static void pf_ephemeral(const struct plan *plan, struct buf *out) {
    for (int v6 = 0; v6 < 2; v6++) {
        if (v6)
            buf_lit(out, "pass out quick on lo0 inet6 proto tcp from any to ::1 port 49152:65535");
        else
            buf_lit(out, "pass out quick on lo0 inet proto tcp from any to 127.0.0.1 "
                         "port 49152:65535");
        pf_user(out, plan->agent_uid);
        buf_lit(out, " flags any no state\n");
    }
    buf_lit(out, "pass out quick on lo0 proto tcp from any port 49152:65535 to any");
    pf_user(out, plan->agent_uid);
    buf_lit(out, " flags A/A no state\n");
}

static void fill_pf_ports(const struct plan *plan, struct buf *out) {
    const struct network *net = &plan->spec->network;
    if (plan->ephemeral_ports)
        pf_ephemeral(plan, out);
    if (net->local_ports.n)
        pf_to_loopback(out, plan, net->local_ports.v, net->local_ports.n);
    if (net->publish.n) {
        pf_to_loopback(out, plan, net->publish.v, net->publish.n);
        pf_from_loopback(out, plan, net->publish.v, net->publish.n);
    }
}

static void fill_pf_cidrs(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &plan->spec->network.cidrs.v[i];
        buf_lit(out, "pass out quick ");
        if (rule->cidr.family == 6)
            buf_lit(out, "inet6");
        else
            buf_lit(out, "inet");
        if (rule->protocol == PROTOCOL_UDP)
            buf_lit(out, " proto udp from any to ");
        else
            buf_lit(out, " proto tcp from any to ");
        buf_cidr(out, rule->cidr);
        buf_lit(out, " ");
        pf_port_list(out, rule->ports.v, rule->ports.n);
        pf_user(out, plan->agent_uid);
        if (rule->protocol == PROTOCOL_UDP)
            buf_lit(out, " no state\n");
        else
            buf_lit(out, " flags any no state\n");
    }
}

/* As in render_nft.c: an audit lets pass every port. */
static void fill_pf_egress(const struct plan *plan, struct buf *out) {
    bool audit = plan->spec->network.enforcement == ENFORCEMENT_AUDIT;
    if (!audit && !plan->egress_ports.n)
        return;
    buf_lit(out, "pass out quick proto tcp from any to any");
    if (!audit) {
        buf_lit(out, " ");
        pf_port_list(out, plan->egress_ports.v, plan->egress_ports.n);
    }
    pf_user(out, plan->proxy_uid);
    buf_lit(out, " flags any no state\n");
}

/* pf knows no dates: the proxy alone sees that a rule has ended. */
static void fill_pf_opened(const struct plan *plan, struct buf *out) {
    if (plan->opened.n)
        buf_lit(out, "# Addresses that are not public, and that a rule names.\n");
    for (size_t i = 0; i < plan->opened.n; i++) {
        const struct opened *opened = &plan->opened.v[i];
        if (opened->cidr.family == 6)
            buf_lit(out, "pass out quick inet6 proto tcp from any to ");
        else
            buf_lit(out, "pass out quick inet proto tcp from any to ");
        buf_cidr(out, opened->cidr);
        buf_lit(out, " ");
        pf_port_list(out, opened->ports, opened->port_count);
        pf_user(out, plan->proxy_uid);
        buf_lit(out, " flags any no state\n");
    }
}

/* pf knows no "all but", so of IPv6 all that is special stands here. */
static void fill_pf_private(const struct plan *plan, struct buf *out) {
    (void)plan;
    size_t n = 0;
    for (size_t i = 0; i < special_ranges_count; i++) {
        if (!special_ranges[i].closed)
            continue;
        if (n++)
            buf_lit(out, " ");
        buf_cidr(out, special_ranges[i].cidr);
    }
}

const struct hole pf_holes[] = {
    {"pf_private", fill_pf_private}, {"pf_ports", fill_pf_ports},   {"pf_cidrs", fill_pf_cidrs},
    {"pf_opened", fill_pf_opened},   {"pf_egress", fill_pf_egress}, {NULL, NULL},
};

/* Seatbelt */

static void fill_seatbelt_ptrace(const struct plan *plan, struct buf *out) {
    if (plan->ptrace)
        buf_lit(out, "(allow mach-priv-task-port (target same-sandbox))\n");
}

static void fill_seatbelt_trust(const struct plan *plan, struct buf *out) {
    if (plan->system_trust)
        buf_lit(out,
                "\n;; Relaxed: trust, of the system. trustd fetches what a certificate names.\n"
                "(allow mach-lookup\n"
                "  (global-name \"com.apple.SecurityServer\")\n"
                "  (global-name \"com.apple.trustd.agent\"))\n");
}

/* A program that resolves a path looks at every folder above it, which is denied below /Users.
 * file-link is asked about the file that gets a second name, file-clone about one that gets a copy
 * (clonefile(2)): ones of the agent's own. */
static void seatbelt_folder(struct buf *out, struct text path, bool writable) {
    buf_lit(out, "(allow file-read-metadata ");
    seatbelt_ancestors(out, path);
    if (writable)
        buf_lit(out, ")\n(allow file-read* file-write* file-clone file-link ");
    else
        buf_lit(out, ")\n(allow file-read* ");
    seatbelt_subpath(out, path);
    buf_lit(out, ")\n");
}

static void fill_seatbelt_home(const struct plan *plan, struct buf *out) {
    seatbelt_folder(out, (struct text){plan->darwin_home.s}, true);
}

/* What is laid once, inside, is read where it stands. */
static void fill_home_once(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->dotfiles.n; i++)
        if (plan->spec->dotfiles.v[i].once) {
            buf_lit(out, "home-once|");
            return;
        }
}

static void fill_seatbelt_workspaces(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *w = &plan->spec->workspaces.v[i];
        seatbelt_folder(out, w->darwin_path, w->access == ACCESS_READ_WRITE);
    }
}

static void seatbelt_connect(struct buf *out, int64_t port) {
    buf_lit(out, "(allow network-outbound (remote tcp \"localhost:");
    buf_uint(out, (uint64_t)port);
    buf_lit(out, "\"))\n");
}

static void seatbelt_serve(struct buf *out, int64_t port) {
    buf_lit(out, "(allow network-bind network-inbound (local tcp \"localhost:");
    buf_uint(out, (uint64_t)port);
    buf_lit(out, "\"))\n");
}

static void fill_seatbelt_ports(const struct plan *plan, struct buf *out) {
    const struct network *net = &plan->spec->network;
    if (plan->ephemeral_ports)
        buf_lit(out, "(allow network-outbound (remote tcp \"localhost:*\"))\n"
                     "(allow network-bind network-inbound (local tcp \"localhost:*\"))\n");
    for (size_t i = 0; i < net->local_ports.n; i++)
        seatbelt_connect(out, net->local_ports.v[i]);
    for (size_t i = 0; i < net->publish.n; i++) {
        seatbelt_connect(out, net->publish.v[i]);
        seatbelt_serve(out, net->publish.v[i]);
    }
}

static void fill_seatbelt_cidrs(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &plan->spec->network.cidrs.v[i];
        for (size_t j = 0; j < rule->ports.n; j++) {
            if (rule->protocol == PROTOCOL_UDP)
                buf_lit(out, "(allow network-outbound (remote udp \"*:");
            else
                buf_lit(out, "(allow network-outbound (remote tcp \"*:");
            buf_uint(out, (uint64_t)rule->ports.v[j]);
            buf_lit(out, "\"))\n");
        }
    }
}

/* Connecting to a unix socket is an operation on the network, not on a file. */
static void seatbelt_socket(struct buf *out, struct path path) {
    buf_lit(out, "(allow network-outbound ");
    seatbelt_literal(out, (struct text){path.s});
    buf_lit(out, ")\n");
}

static void fill_seatbelt_sockets(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *w = &plan->spec->workspaces.v[i];
        if (w->access != ACCESS_READ_WRITE)
            continue;
        buf_lit(out, "(allow network* ");
        seatbelt_subpath(out, w->darwin_path);
        buf_lit(out, ")\n");
    }
    if (plan->nix_daemon)
        buf_lit(out, "(allow network-outbound (literal \"/nix/var/nix/daemon-socket/socket\"))\n");
    for (size_t i = 0; i < plan->spec->relax.n; i++)
        if (plan->spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            seatbelt_socket(out, plan->spec->relax.v[i].socket);
}

const struct hole seatbelt_holes[] = {
    {"seatbelt_ptrace", fill_seatbelt_ptrace},
    {"seatbelt_trust", fill_seatbelt_trust},
    {"seatbelt_home", fill_seatbelt_home},
    {"home_once", fill_home_once},
    {"seatbelt_workspaces", fill_seatbelt_workspaces},
    {"seatbelt_ports", fill_seatbelt_ports},
    {"seatbelt_cidrs", fill_seatbelt_cidrs},
    {"seatbelt_sockets", fill_seatbelt_sockets},
    {NULL, NULL},
};

/* sudoers */

#define SUBCOMMAND(out, plan, words)                                                               \
    (buf_lit((out), " \\\n    "), buf_path((out), (plan)->darwin_current),                         \
     buf_lit((out), "/bin/agent-sandbox " words))

static void fill_granting(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec_grants(spec))
        return;
    sudoers_people(out, spec->grants.by.v, spec->grants.by.n);
    SUBCOMMAND(out, plan, "ask,");
    SUBCOMMAND(out, plan, "ask *,");
    SUBCOMMAND(out, plan, "grant *,");
    SUBCOMMAND(out, plan, "grants,");
    SUBCOMMAND(out, plan, "grants *,");
    SUBCOMMAND(out, plan, "revoke *\n");
}

/* A command with and without arguments: a pattern of sudoers(5) needs both. */
static void fill_operators(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec->operators.n)
        return;
    sudoers_people(out, spec->operators.v, spec->operators.n);
    SUBCOMMAND(out, plan, "run *,");
    SUBCOMMAND(out, plan, "shell,");
    SUBCOMMAND(out, plan, "shell *,");
    SUBCOMMAND(out, plan, "status,");
    SUBCOMMAND(out, plan, "status *,");
    SUBCOMMAND(out, plan, "drift,");
    SUBCOMMAND(out, plan, "drift *,");
    SUBCOMMAND(out, plan, "logs,");
    SUBCOMMAND(out, plan, "logs *,");
    SUBCOMMAND(out, plan, "learn,");
    SUBCOMMAND(out, plan, "learn *,");
    SUBCOMMAND(out, plan, "verify,");
    SUBCOMMAND(out, plan, "verify *\n");
    fill_granting(plan, out);
}

const struct hole darwin_sudoers_holes[] = {{"darwin_operators", fill_operators}, {NULL, NULL}};

/* Brewfile */

static void fill_formulae(const struct plan *plan, struct buf *out) {
    const struct homebrew *homebrew = &plan->spec->packages.homebrew;
    for (size_t i = 0; i < homebrew->formulae.n; i++) {
        buf_lit(out, "brew ");
        ruby_name(out, homebrew->formulae.v[i]);
        buf_lit(out, "\n");
    }
}

static void fill_casks(const struct plan *plan, struct buf *out) {
    const struct homebrew *homebrew = &plan->spec->packages.homebrew;
    for (size_t i = 0; i < homebrew->casks.n; i++) {
        if (strcmp(homebrew->casks.v[i].s, "mitmproxy") == 0 &&
            plan->spec->network.engine != ENGINE_NATIVE)
            continue; /* it is there already */
        buf_lit(out, "cask ");
        ruby_name(out, homebrew->casks.v[i]);
        buf_lit(out, "\n");
    }
}

/* agent-sandbox-proxy comes with agent-sandbox itself. */
static void fill_proxy_cask(const struct plan *plan, struct buf *out) {
    if (plan->spec->network.engine != ENGINE_NATIVE)
        buf_lit(out, "# The proxy.\ncask \"mitmproxy\"\n");
}

const struct hole brewfile_holes[] = {
    {"proxy_cask", fill_proxy_cask},
    {"formulae", fill_formulae},
    {"casks", fill_casks},
    {NULL, NULL},
};
