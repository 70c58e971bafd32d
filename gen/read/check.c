#include "read/check.h"

const struct check checks[] = {
    {"names-clash", "no two users of the sandbox have one name, nor a name of the system's", true,
     check_names},
    {"uid-even", "the agent's uid is even, so that the proxy's is the next, and not the share's",
     false, check_uid},
    {"host-kind", "a host's kind fits its system", false, check_hosts},
    {"pin-original", "an input whose URL names a commit is pinned to that one", false, check_pins},
    {"dotfile-clash", "no dotfile is what we generate, or a folder and a file at once", true,
     check_dotfiles},
    {"environment-reserved", "no variable is one that the session sets", false, check_environment},
    {"no-proxy", "NO_PROXY does not lead around the proxy", false, check_no_proxy},
    {"host-owner", "no host is a name without a public address, or a suffix that strangers share",
     false, check_domains},
    {"expired", "no rule has expired", false, check_expiry},
    {"required", "every rule says what a base requires, and lasts no longer", false,
     check_required},
    {"rule-place", "a rule names a host, or a repository of GitHub and nothing else of HTTP", false,
     check_repositories},
    {"scheme-keys", "a rule of tcp or tls says nothing of HTTP, and tcp names its ports", false,
     check_schemes},
    {"scheme-clash", "no port of a host is read by one rule and passed on unread by another", true,
     check_unread_ports},
    {"path-readings", "what servers may read a path as is let through with it, or denied", false,
     check_paths},
    {"cooldown-place", "a cooldown is of https, and says where the ages stand", false,
     check_cooldowns},
    {"cooldown-index", "the index of a cooldown can be read, and is one for each path", true,
     check_package_indexes},
    {"cidr-special", "no CIDR covers the host itself or what is not an address of a machine", false,
     check_cidrs},
    {"addresses-special",
     "no name leads to the host itself, or to what is not an address of a machine", false,
     check_addresses},
    {"trust-certificates", "what is trusted are certificates, and no key is among them", false,
     check_trust},
    {"upstream-proxy", "a company's proxy can be found, and is told who it is for", true,
     check_upstream},
    {"grants-place", "what may be granted and asked has somebody who answers, and an end", true,
     check_grants},
    {"ports-clash", "no two servers share a port", true, check_ports},
    {"workspace-place", "no workspace is a folder that the system or the operator runs from", true,
     check_workspaces},
    {"protect-known", "what is opened is protected, and nothing is both", true, check_files},
    {"project-place", "no project is a folder that the system or the operator runs from", true,
     check_projects},
    {"socket-power", "no relaxation hands over the machine", false, check_sockets},
    {"inject-one", "a credential is injected in exactly one way", false, check_injections},
    {"placeholder-place", "a placeholder can stand where its secret goes", false,
     check_placeholders},
    {"credential-clash", "no two credentials share a name, a variable or a place", true,
     check_credential_names},
    {"credential-host", "a rule lets each credential's hosts through, over https", true,
     check_credential_hosts},
    {"credential-path", "a rule lets each credential's paths through, in all their readings", true,
     check_credential_paths},
    {"credential-place", "no secret lies where the agent can read or change it", true,
     check_credential_places},
    {"login-clash", "no two logins share a name or a token endpoint, and the engine keeps them",
     true, check_login_names},
    {"login-one", "an access token goes in in exactly one way", false, check_login_ways},
    {"login-endpoint", "a rule lets each token endpoint through, and its tokens have places", true,
     check_login_endpoints},
    {"login-host", "a rule lets a login's hosts through, over https", true, check_login_hosts},
    {"login-mcp", "an MCP server has the login that is for it", true, check_login_servers},
    {"login-flow", "what a login on the host needs is there", true, check_login_flows},
    {"secret-literal", "no value is a secret", false, check_secrets},
    {"not-secret", "what may look like a secret is there, and does", true, check_not_secrets},
    {"signing-require", "what signatures are needed can be given, by so many people", true,
     check_signing},
    {"ssh-host", "a host of ssh is one host, and its keys are there", false, check_ssh_hosts},
    {"ssh-key", "the operators' keys for ssh are there, and sign no generation", true,
     check_ssh_keys},
    {"ssh-rule", "what speaks ssh speaks nothing else", true, check_ssh_rules},
    {"test-one", "a test is of one request, or of one connection", false, check_tests},
    {"test-credential", "a credential that a test expects is one of the spec's", true,
     check_test_credentials},
    {"target", "every host can enforce what is asked", true, check_targets},
};

const size_t checks_count = sizeof checks / sizeof *checks;

static void run(struct reading *reading, const struct spec *spec, bool of_today) {
    bool whole = diagnostics_count(reading->diagnostics) == 0;
    for (size_t i = 0; i < checks_count; i++) {
        bool asks_day = checks[i].run == check_expiry || checks[i].run == check_required;
        if ((whole || !checks[i].across) && (of_today || !asks_day))
            checks[i].run(reading, spec);
    }
}

void check_spec(struct reading *reading, const struct spec *spec) {
    run(reading, spec, true);
}

void check_older_spec(struct reading *reading, const struct spec *spec) {
    run(reading, spec, false);
}
