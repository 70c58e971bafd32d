/* What a dev container holds of a spec, and what not. */
#include "export/export_private.h"

static struct asked asked_unheld(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (!devcontainer_mounts(&spec->workspaces.v[i]))
            return (struct asked){spec->workspaces.v[i].at, "path"};
    for (size_t i = 0; i < spec->environment.n; i++)
        if (!devcontainer_takes(spec->environment.v[i].value.s))
            return (struct asked){spec->at, "environment"};
    return (struct asked){NULL, NULL};
}

static const struct export_held held[] = {
    {"the addresses of the listed hosts, on their ports, and no other",
     "init-firewall.sh, nftables"},
    {"cidrs, protocols and ports", "init-firewall.sh, nftables"},
    {"own user, no new privileges", "remoteUser, runArgs"},
    {"nothing of this host but the workspaces", "the container"},
    {"limits of tasks, and of memory and processors where the spec has them", "runArgs"},
};

static const struct export_loss losses[] = {
    {EXPORT_WIDER, "methods and paths of rules",
     "any request passes to an address that a rule's host had", asked_read_rules},
    {EXPORT_WIDER, "one repository of GitHub", "all of GitHub's hosts that it needs are open",
     asked_repositories},
    {EXPORT_WIDER, "paths that a rule denies", "no path is looked at", asked_denies},
    {EXPORT_WIDER, "query of rules", "any query passes", asked_query},
    {EXPORT_WIDER, "ceilings of requests, bytes and tokens", "nothing is counted", asked_ceilings},
    {EXPORT_WIDER, "cooldown", "packages of any age pass", asked_cooldowns},
    {EXPORT_WIDER, "mcp", "any tool of the server may be called", asked_mcp},
    {EXPORT_WIDER, "expires", "it knows no dates: export again before a rule's last day",
     asked_dates},
    {EXPORT_WIDER, "names", "what counts is an address: other names at it are reached, too",
     asked_rules},
    {EXPORT_WIDER, "addresses that are not public", "a host may lead to any", asked_rules},
    {EXPORT_WIDER, "no DNS of its own", "what is asked of the container's resolver leaves",
     asked_always},
    {EXPORT_WIDER, "network.upstream", "there is none: what leaves goes directly", asked_upstream},
    {EXPORT_WIDER, "limits.memory and session",
     "without memory there is no limit of it, and no "
     "container ends after a time",
     asked_limits},
    {EXPORT_WIDER, "limits.disk", "it has none", asked_disk},
    {EXPORT_WIDER, "hooks and configuration of the workspaces' repositories",
     "the agent may change them", asked_workspaces},
    LOST_EVERYWHERE,
    {EXPORT_NARROWER, "rules of a *.suffix", "no address is known of it: they are left out",
     asked_suffixes},
    {EXPORT_NARROWER, "hosts whose addresses change",
     "what counts are those that they had when the container started", asked_rules},
    {EXPORT_NARROWER, "credentials",
     "nothing puts secrets into requests: the agent gets neither secret nor placeholder",
     asked_credentials},
    {EXPORT_NARROWER, "values with ${, folders with a comma", "they are left out", asked_unheld},
    {EXPORT_NARROWER, "network.local_ports", "this host's loopback is not the container's",
     asked_local_ports},
    {EXPORT_NARROWER, "network.trust", "certificates are the image's", asked_trust},
    {EXPORT_NARROWER, "network.enforcement audit", "what no rule allows is refused", asked_audit},
    {EXPORT_NARROWER, "relax unix-socket", "it is not in the container", asked_sockets},
    {EXPORT_NARROWER, "relax nested-sandbox", "the container's runtime decides that", asked_nested},
    {EXPORT_NARROWER, "relax ephemeral-ports, nix-daemon, ptrace and system-trust",
     "they are left out", asked_relaxed},
    {EXPORT_NARROWER, "ssh", "an editor hands in its own ssh-agent, unfiltered, or none",
     asked_ssh},
    {EXPORT_NARROWER, "dotfiles, git", "the home is the image's", asked_home},
    {EXPORT_NARROWER, "packages and agents", "add them to the Dockerfile", asked_always},
};

const struct export_matrix matrix_devcontainer = MATRIX;
