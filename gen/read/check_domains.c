/* Checks of the names that rules and credentials have. */
#include "read/check.h"
#include "read/host_suffixes.h"
#include "spec/vocabulary.h"

#include <string.h>

const char *check_private_name(const char *host) {
    size_t n = strlen(host);
    for (size_t i = 0; special_use[i]; i++) {
        size_t m = strlen(special_use[i]);
        if (n >= m && strcmp(host + n - m, special_use[i]) == 0 &&
            (n == m || host[n - m - 1] == '.'))
            return special_use[i];
    }
    return NULL;
}

/* has_addresses: where the rule itself says which. */
static void check_domain(struct reading *reading, struct aim aim, struct host_pattern host,
                         bool has_addresses) {
    const char *name = host.name.s ? check_private_name(host.name.s) : NULL;
    if (name && special_use_is_closed(name))
        complain(
            reading, aim,
            "no name in .%s has a public address, and the proxy goes to no other: what listens "
            "on this machine is reached through \"local_ports\", what listens in its network "
            "through \"cidrs\"",
            name);
    else if (name && !has_addresses)
        complain(reading, aim,
                 "no name in .%s has a public address, and the proxy goes to no other that no rule "
                 "names: say in \"addresses\" which ones it may have, like [\"10.1.0.0/16\"]",
                 name);
    else if (!name && host.name.s && host.suffix && host_suffix_is_public(host.name.s))
        complain(
            reading, aim,
            "below \"%s\" stand names of strangers: anyone could receive what the agent sends; "
            "name the host",
            host.name.s);
}

/* A host of ssh has those that rules name for it. */
static bool has_addresses(const struct spec *spec, const struct ssh_server *server) {
    for (size_t i = 0; i < spec->network.rules.n; i++)
        if (spec->network.rules.v[i].addresses.n && server->host.name.s &&
            host_covers(spec->network.rules.v[i].host, server->host))
            return true;
    return false;
}

void check_domains(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        check_domain(reading, at_value(rule->at, rule->mcp ? "url" : "host"), rule->host,
                     rule->addresses.n > 0);
    }
    for (size_t i = 0; i < spec->ssh.hosts.n; i++) {
        const struct ssh_server *server = &spec->ssh.hosts.v[i];
        check_domain(reading, at_value(server->at, "host"),
                     (struct host_pattern){server->host.name, false}, has_addresses(spec, server));
    }
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        for (size_t k = 0; k < c->hosts.n; k++) {
            struct host_pattern host = c->hosts.v[k];
            const char *item = arena_printf(reading->arena, "%s%s", host.suffix ? "*." : "",
                                            host.name.s ? host.name.s : "");
            /* That a rule lets it through is checked elsewhere, and that one has addresses here. */
            check_domain(reading, at_item(c->at, "hosts", item), host, true);
        }
    }
}
