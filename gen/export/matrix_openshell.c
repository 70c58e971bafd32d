/* What OpenShell holds of a spec, and what not. */
#include "export/export_private.h"
#include "spec/types.h"

/* Its deny_rules belong to one endpoint: another one, of a suffix, lets the same request pass. */
static struct asked asked_covered_denies(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        for (size_t k = 0; k < network->rules.n && rule->deny.n; k++)
            if (k != i && network->rules.v[k].host.suffix &&
                host_covers(network->rules.v[k].host, rule->host))
                return (struct asked){rule->at, "deny"};
    }
    return (struct asked){NULL, NULL};
}

static const struct export_held held[] = {
    {"the listed hosts and ports, and no other", "network_policies"},
    {"methods and paths of http and https", "endpoints with protocol rest and rules"},
    {"paths that a rule denies", "deny_rules of its own endpoint"},
    {"own user", "process.run_as_user"},
    {"nothing is read or written outside of the workspaces and what a program needs",
     "filesystem_policy, with Landlock as a hard requirement"},
};

static const struct export_loss losses[] = {
    {EXPORT_WIDER, "* in paths", "there it goes beyond one segment, as ** does", asked_stars},
    {EXPORT_WIDER, "paths that a rule denies, in other letters",
     "they are compared letter by letter, without a slash behind them", asked_denies},
    {EXPORT_WIDER, "paths that a rule denies below a *.suffix",
     "the suffix's own endpoint lets them pass", asked_covered_denies},
    {EXPORT_WIDER, "query of rules", "any query passes", asked_query},
    {EXPORT_WIDER, "websocket", "where a GET passes, an upgrade does", asked_read_rules},
    {EXPORT_WIDER, "rules of tcp and tls", "no name in a ClientHello is compared", asked_tunnels},
    {EXPORT_WIDER, "ceilings of requests, bytes and tokens", "nothing is counted", asked_ceilings},
    {EXPORT_WIDER, "cooldown", "packages of any age pass", asked_cooldowns},
    {EXPORT_WIDER, "mcp", "any tool of the server may be called", asked_mcp},
    {EXPORT_WIDER, "expires", "OpenShell knows no dates: export again before a rule's last day",
     asked_dates},
    {EXPORT_WIDER, "addresses that are not public", "a host that is one may lead to private ones",
     asked_rules},
    {EXPORT_WIDER, "network.upstream", "a policy has none: what leaves goes directly",
     asked_upstream},
    {EXPORT_WIDER, "limits of memory, processors, tasks and time", "a policy has none",
     asked_limits},
    {EXPORT_WIDER, "limits.disk", "a policy has none", asked_disk},
    {EXPORT_WIDER, "hooks and configuration of the workspaces' repositories",
     "the agent may change them", asked_workspaces},
    LOST_EVERYWHERE,
    {EXPORT_NARROWER, "credentials", "secrets are OpenShell's providers, attached by name",
     asked_credentials},
    {EXPORT_NARROWER, "addresses of rules", "a host with some has no public ones there",
     asked_addresses},
    {EXPORT_NARROWER, "one repository of GitHub", "its name is compared letter by letter",
     asked_repositories},
    {EXPORT_NARROWER, "cidrs", "they do not pass", asked_cidrs},
    {EXPORT_NARROWER, "network.local_ports", "this host's loopback is not in the sandbox",
     asked_local_ports},
    {EXPORT_NARROWER, "network.publish", "OpenShell forwards ports by its own command",
     asked_publish},
    {EXPORT_NARROWER, "network.trust", "certificates are the gateway's", asked_trust},
    {EXPORT_NARROWER, "network.enforcement audit", "what no endpoint names is refused",
     asked_audit},
    {EXPORT_NARROWER, "relax unix-socket", "it is not in the sandbox", asked_sockets},
    {EXPORT_NARROWER, "relax nested-sandbox", "Landlock holds in every namespace inside",
     asked_nested},
    {EXPORT_NARROWER, "relax ephemeral-ports, nix-daemon, ptrace and system-trust",
     "a policy has no such switch", asked_relaxed},
    {EXPORT_NARROWER, "ssh", "no ssh-agent is handed in", asked_ssh},
    {EXPORT_NARROWER, "workspaces", "the folders are the image's, or uploaded", asked_workspaces},
    {EXPORT_NARROWER, "dotfiles, git", "the home is the image's", asked_home},
    {EXPORT_NARROWER, "packages", "they are the image's", asked_packages},
    {EXPORT_NARROWER, "environment", "a policy sets no variables", asked_environment},
};

const struct export_matrix matrix_openshell = MATRIX;
