/* Checks of what a session may ask of its operator's ssh-agent. */
#include "read/check.h"
#include "spec/public_key.h"

#include <inttypes.h>
#include <string.h>

enum { RSA_LEAST = 2048 };

static bool same_key(const struct public_key *a, const struct public_key *b) {
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

static bool has_key(const struct public_key *v, size_t n, const struct public_key *key) {
    for (size_t i = 0; i < n; i++)
        if (same_key(&v[i], key))
            return true;
    return false;
}

/* As it stands in the spec; a comment behind it is not found, and then the list is shown. */
static struct aim at_public_key(struct reading *reading, written at, const struct public_key *key) {
    BUF_CLEANUP struct buf text = {0};
    buf_public_key(&text, *key);
    return at_item(at, "keys", arena_copy(reading->arena, text.data));
}

static bool same_server(const struct ssh_server *a, const struct ssh_server *b) {
    return a->host.name.s && b->host.name.s && strcmp(a->host.name.s, b->host.name.s) == 0 &&
           a->port == b->port;
}

static void check_host_keys(struct reading *reading, const struct ssh_server *server) {
    if (server->keys.n == 0) {
        const char *name = server->host.name.s ? server->host.name.s : "HOST";
        complain(
            reading, at_object(server->at),
            "the host's own keys are missing in \"keys\", and without them anyone could be it: "
            "'ssh-keyscan -p %" PRId64 " %s' prints what answers there, which has to be "
            "compared with what the host's owner publishes",
            server->port, name);
    }
    for (size_t i = 0; i < server->keys.n; i++) {
        const struct public_key *key = &server->keys.v[i];
        if (public_key_is_token(key))
            complain(reading, at_public_key(reading, server->at, key),
                     "this is the key of a security token, and no host has one of those");
        else if (public_key_rsa_bits(key) && public_key_rsa_bits(key) < RSA_LEAST)
            complain(
                reading, at_public_key(reading, server->at, key),
                "an RSA key of fewer than %d bits proves nothing: take another one of the host",
                RSA_LEAST);
    }
}

void check_ssh_hosts(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->ssh.hosts.n; i++) {
        const struct ssh_server *server = &spec->ssh.hosts.v[i];
        if (server->host.suffix)
            complain(reading, at_value(server->at, "host"),
                     "ssh needs an exact host: the keys are those of one");
        check_host_keys(reading, server);
        for (size_t k = 0; k < i; k++)
            if (same_server(&spec->ssh.hosts.v[k], server))
                complain(reading, at_value(server->at, "host"),
                         "%s, port %" PRId64 ", stands here twice: all of its keys go into one",
                         server->host.name.s, server->port);
    }
}

static void check_signers(struct reading *reading, const struct spec *spec,
                          const struct public_key *key) {
    for (size_t i = 0; i < spec->signing.allowed.n; i++)
        if (spec->ssh.sign_commits && same_key(&spec->signing.allowed.v[i].key, key))
            complain(reading, at_public_key(reading, spec->ssh.at, key),
                     "the generations that \"%s\" signs are applied (\"signing\"), and with "
                     "\"sign_commits\" the agent could have one signed with this key: take another",
                     spec->signing.allowed.v[i].name.s);
}

void check_ssh_keys(struct reading *reading, const struct spec *spec) {
    const struct ssh *ssh = &spec->ssh;
    if (ssh->keys.n == 0 && (ssh->hosts.n || ssh->sign_commits))
        complain(
            reading, at_object(ssh->at),
            "no key of an operator's is named in \"keys\": 'ssh-add -L' prints the public ones "
            "that an ssh-agent holds");
    if (ssh->keys.n && ssh->hosts.n == 0 && !ssh->sign_commits)
        complain(reading, at_value(ssh->at, "keys"),
                 "nothing uses these keys: there is neither a host in \"hosts\" nor "
                 "\"sign_commits\": true");
    for (size_t i = 0; i < ssh->keys.n; i++) {
        check_signers(reading, spec, &ssh->keys.v[i]);
        for (size_t k = 0; k < ssh->hosts.n; k++)
            if (has_key(ssh->hosts.v[k].keys.v, ssh->hosts.v[k].keys.n, &ssh->keys.v[i]))
                complain(reading, at_public_key(reading, ssh->at, &ssh->keys.v[i]),
                         "this is the key of the host %s, not of an operator",
                         ssh->hosts.v[k].host.name.s);
    }
}

static bool rule_has_port(const struct rule *rule, int64_t port) {
    for (size_t i = 0; i < rule->ports.n; i++)
        if (rule->ports.v[i] == port)
            return true;
    return false;
}

/* A host of ssh is a rule of its own, of the scheme tcp. */
void check_ssh_rules(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->ssh.hosts.n; i++)
        for (size_t k = 0; k < spec->network.rules.n; k++) {
            const struct ssh_server *server = &spec->ssh.hosts.v[i];
            const struct rule *rule = &spec->network.rules.v[k];
            if (host_covers(rule->host, server->host) && rule_has_port(rule, server->port) &&
                rule->scheme <= SCHEME_HTTP)
                complain(reading, at_value(server->at, "host"),
                         "a rule says that %s speaks %s at port %" PRId64
                         ": one port, one protocol",
                         server->host.name.s, type_scheme.values[rule->scheme], server->port);
        }
}
