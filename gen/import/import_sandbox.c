#include "import/import_sandbox.h"
#include "spec/types.h"
#include "spec/vocabulary.h"

#include <string.h>

/* -- network -- */

/* What no name may lead to in any case. */
static void take_closed(struct importing *importing, struct aim aim, const char *text) {
    struct cidr cidr;
    const char *one = strchr(text, '/') ? "" : strchr(text, ':') ? "/128" : "/32";
    const char *range = arena_printf(importing->reading->arena, "%s%s", text, one);
    if (type_cidr.parse(importing->reading->arena, range, &cidr)) {
        import_note(importing, aim, "\"%s\" is no range of addresses", text);
        return;
    }
    bool closed = false;
    for (size_t i = 0; i < special_ranges_count; i++)
        closed =
            closed || (special_ranges[i].closed && cidr_covers(&special_ranges[i].cidr, &cidr));
    if (!closed)
        import_note(importing, aim, "\"%s\" is public: a rule's host may lead there", text);
}

static void take_closed_all(struct importing *importing, const json_t *object, const char *key,
                            const json_t *value) {
    import_each(importing, object, key, value, take_closed);
}

/* Hosts, ".host" and "*.host" with commas between them. */
static json_t *except_of(struct importing *importing, const json_t *object, const char *text) {
    struct arena *arena = importing->reading->arena;
    json_t *list = json_array();
    for (const char *p = text; *p;) {
        struct host_pattern host;
        size_t n = strcspn(p, ",");
        const char *word = arena_copy_n(arena, p, n);
        if (*word == '.')
            word = arena_printf(arena, "*%s", word);
        if (*word && type_host_pattern.parse(arena, word, &host))
            import_note(importing, import_key_aim(object, "noProxy"),
                        "\"%s\" is no host that goes without the upstream", word);
        else if (*word)
            json_array_append_new(list, json_string(word));
        p += n + (p[n] == ',');
    }
    return list;
}

static void take_upstream(struct importing *importing, const json_t *object, const char *key,
                          const json_t *value) {
    const char *http = json_string_value(json_object_get(value, "http"));
    const char *https = json_string_value(json_object_get(value, "https"));
    const char *except = json_string_value(json_object_get(value, "noProxy"));
    const char *url = https ? https : http;
    if (!import_is(importing, object, key, value, JSON_OBJECT))
        return;
    if (!url) {
        import_note(importing, import_key_aim(object, key), "it names no proxy");
        return;
    }
    if (http && https && strcmp(http, https) != 0)
        import_note(importing, import_key_aim(value, "http"),
                    "a spec has one upstream: that of https is taken");
    if (strchr(url, '@')) {
        import_note(importing, import_key_aim(object, key),
                    "its password stands in the file: name a source in network.upstream");
        return;
    }
    json_t *upstream = json_pack("{s:s}", "proxy", url);
    if (except)
        json_object_set_new(upstream, "except", except_of(importing, value, except));
    import_set(importing, import_key_aim(object, key), "network", "upstream", upstream);
}

static const struct import_key network_keys[] = {
    {"allowedDomains", import_domains, NULL},
    {"deniedDomains", import_denied, NULL},
    {"deniedDomainReasons", NULL, "a refusal says which rule is missing"},
    {"strictAllowlist", NULL, NULL},
    {"allowManagedDomainsOnly", NULL, NULL},
    {"deniedResolvedAddresses", take_closed_all, NULL},
    {"allowUnixSockets", import_sockets, NULL},
    {"allowAllUnixSockets", NULL, "name each socket in relax: unix-socket:/PATH"},
    {"allowLocalBinding", NULL, "name each port of the agent's servers in network.publish"},
    {"allowMachLookup", NULL, "no such services are opened by name"},
    {"parentProxy", take_upstream, NULL},
    {"tlsTerminate", NULL, NULL},
    {"httpProxyPort", NULL, "the sandbox has a proxy of its own"},
    {"socksProxyPort", NULL, "the sandbox has a proxy of its own"},
    {"mitmProxy", NULL, "the sandbox has a proxy of its own"},
};

void import_sandbox_network(struct importing *importing, const json_t *object, const char *key,
                            const json_t *value) {
    if (import_is(importing, object, key, value, JSON_OBJECT))
        IMPORT_WALK(importing, value, network_keys);
}

/* -- files -- */

static void take_git(struct importing *importing, const json_t *object, const char *key,
                     const json_t *value) {
    if (json_is_true(value))
        import_add(importing, import_key_aim(object, key), NULL, "relax",
                   json_string("git-config"));
}

static const struct import_key file_keys[] = {
    {"allowWrite", import_writable, NULL}, {"allowRead", import_readable, NULL},
    {"denyRead", import_hidden, NULL},     {"denyWrite", import_kept, NULL},
    {"allowGitConfig", take_git, NULL},    {"disabled", NULL, "files are closed in any case"},
};

void import_sandbox_files(struct importing *importing, const json_t *object, const char *key,
                          const json_t *value) {
    if (import_is(importing, object, key, value, JSON_OBJECT))
        IMPORT_WALK(importing, value, file_keys);
}

/* -- credentials -- */

static void note_secret(struct importing *importing, const json_t *object, const char *key,
                        size_t i, const char *what) {
    const json_t *one = json_array_get(json_object_get(object, key), i);
    const char *name = json_string_value(json_object_get(one, what));
    const char *mode = json_string_value(json_object_get(one, "mode"));
    if (!name)
        import_note(importing, import_item_aim(object, key, i), "it has no %s", what);
    else if (mode && strcmp(mode, "deny") == 0 && strcmp(what, "path") == 0)
        import_later(importing, LATER_DENY_READ, import_key_aim(one, what), name);
    else if (!mode || strcmp(mode, "deny") != 0)
        import_note(importing, import_key_aim(one, what),
                    "\"%s\": a credential says where its secret is, and how it gets into a "
                    "request",
                    name);
}

static void take_variables(struct importing *importing, const json_t *object, const char *key,
                           const json_t *value) {
    if (!import_is(importing, object, key, value, JSON_ARRAY))
        return;
    for (size_t i = 0; i < json_array_size(value); i++)
        note_secret(importing, object, key, i, "name");
}

static void take_secret_files(struct importing *importing, const json_t *object, const char *key,
                              const json_t *value) {
    if (!import_is(importing, object, key, value, JSON_ARRAY))
        return;
    for (size_t i = 0; i < json_array_size(value); i++)
        note_secret(importing, object, key, i, "path");
}

static const struct import_key credential_keys[] = {
    {"envVars", take_variables, NULL},
    {"files", take_secret_files, NULL},
    {"allowPlaintextInject", NULL, "a credential goes over https alone"},
    {"awsPairs", NULL, "a credential says where its secret is: inject aws"},
    {"sigv4", NULL, NULL},
};

void import_sandbox_credentials(struct importing *importing, const json_t *object, const char *key,
                                const json_t *value) {
    if (import_is(importing, object, key, value, JSON_OBJECT))
        IMPORT_WALK(importing, value, credential_keys);
}
