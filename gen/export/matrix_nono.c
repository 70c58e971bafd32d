/* What nono holds of a spec, and what not. */
#include "export/export_private.h"

static struct asked asked_unheld(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (!nono_holds(&spec->credentials.v[i]))
            return (struct asked){spec->credentials.v[i].at, NULL};
    return (struct asked){NULL, NULL};
}

static struct asked asked_expanded(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->environment.n; i++)
        if (!nono_takes(spec->environment.v[i].value.s))
            return (struct asked){spec->at, "environment"};
    return (struct asked){NULL, NULL};
}

static struct asked asked_whole_hosts(const struct plan *plan) {
    struct asked asked = asked_suffixes(plan);
    if (!asked.at)
        asked = asked_tunnels(plan);
    return asked.at ? asked : asked_clear(plan);
}

static const struct export_held held[] = {
    {"the listed hosts, and no other", "network.allow_domain; Landlock or seccomp (on macOS "
                                       "Seatbelt) leaves no other way"},
    {"methods and paths of https to a host that is one", "endpoints"},
    {"hosts that a rule shuts (deny of /**)", "network.deny_domain"},
    {"nothing is read or written outside of the workspaces and what a program needs",
     "filesystem, with nono's own groups"},
    {"no unix socket but the listed", "linux.af_unix_mediation"},
    {"a secret that a variable stands for stays outside", "network.custom_credentials"},
};

static const struct export_loss losses[] = {
    {EXPORT_WIDER, "rules of a *.suffix, http, tcp and tls",
     "nono looks into no such connection: methods, paths and ports of the host are all open",
     asked_whole_hosts},
    {EXPORT_WIDER, "* in paths", "nono's goes beyond one segment, as ** does", asked_stars},
    {EXPORT_WIDER, "paths that a rule denies", "only deny of /** is held", asked_denies},
    {EXPORT_WIDER, "query of rules", "any query passes", asked_query},
    {EXPORT_WIDER, "ceilings of requests, bytes and tokens", "none is written", asked_ceilings},
    {EXPORT_WIDER, "cooldown", "packages of any age pass", asked_cooldowns},
    {EXPORT_WIDER, "mcp", "any tool of the server may be called", asked_mcp},
    {EXPORT_WIDER, "expires", "nono knows no dates: export again before a rule's last day",
     asked_dates},
    {EXPORT_WIDER, "addresses that are not public",
     "nono closes link-local addresses and metadata services alone: a name may lead to any other",
     asked_rules},
    {EXPORT_WIDER, "own user",
     "the agent runs as whoever starts nono, beside the proxy that judges it", asked_always},
    {EXPORT_WIDER, "limits of memory, processors, tasks and time", "a profile has none",
     asked_limits},
    {EXPORT_WIDER, "limits.disk", "a profile has none", asked_disk},
    {EXPORT_WIDER, "hooks and configuration of the workspaces' repositories",
     "the agent may change them", asked_workspaces},
    {EXPORT_WIDER, "paths of credentials", "every path that a rule allows gets them",
     asked_credential_paths},
    {EXPORT_WIDER, "network.local_ports", "the agent may listen there, too", asked_local_ports},
    LOST_EVERYWHERE,
    {EXPORT_NARROWER, "credentials",
     "held are those with a file or keychain source, one host, env, and a header or query",
     asked_unheld},
    {EXPORT_NARROWER, "one repository of GitHub", "its name is compared letter by letter",
     asked_repositories},
    {EXPORT_NARROWER, "websocket", "nono upgrades only what a credential's route names",
     asked_websockets},
    {EXPORT_NARROWER, "cidrs", "what is no HTTP does not pass", asked_cidrs},
    {EXPORT_NARROWER, "network.trust",
     "nono takes a certificate from a file of its host, for a "
     "credential's route alone",
     asked_trust},
    {EXPORT_WIDER, "network.upstream in TLS",
     "nono speaks to it in the clear: it is left out, and what leaves goes directly",
     asked_upstream_tls},
    {EXPORT_NARROWER, "network.upstream.password", "it is left out", asked_upstream_password},
    {EXPORT_NARROWER, "network.enforcement audit", "nono refuses what no rule allows", asked_audit},
    {EXPORT_NARROWER, "relax nested-sandbox", "Landlock holds in every namespace inside",
     asked_nested},
    {EXPORT_NARROWER, "relax ephemeral-ports, nix-daemon, ptrace and system-trust",
     "they are left out", asked_relaxed},
    {EXPORT_NARROWER, "ssh", "no ssh-agent is handed in", asked_ssh},
    {EXPORT_NARROWER, "a home of its own, dotfiles, git", "none is made", asked_always},
    {EXPORT_NARROWER, "packages", "what is installed is there", asked_packages},
    {EXPORT_NARROWER, "values with $ or ~", "nono would put its own there: they are left out",
     asked_expanded},
};

const struct export_matrix matrix_nono = MATRIX;
