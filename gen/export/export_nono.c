/* A profile of nono (nolabs-ai/nono): crates/nono-cli/data/nono-profile.schema.json there, and how
 * profile_cmd.rs and network_policy.rs read it. Version 0.74. */
#include "export/export_private.h"
#include "export/places.h"
#include "spec/schema.h"
#include "write/write_json.h"

#include <ctype.h>
#include <string.h>

/* -- hosts -- */

static void write_endpoints(struct json_writer *j, const struct places *places, size_t first,
                            size_t n) {
    jw_array(j);
    for (size_t i = first; i < first + n; i++) {
        const struct rule *rule = places->v[i].rule;
        for (size_t m = 0; m < rule->methods.n; m++)
            for (size_t p = 0; p < rule->paths.n; p++) {
                if (!place_allows(places, &places->v[i], rule->paths.v[p].s))
                    continue;
                jw_object(j);
                jw_key(j, "method");
                jw_name(j, rule->methods.v[m]);
                jw_key(j, "path");
                jw_text(j, rule->paths.v[p]);
                jw_end(j);
            }
    }
    jw_end(j);
}

/* Of one host, asked in TLS that nono may open. */
static bool is_inspected(const struct place *places, size_t n) {
    bool all = !places->host.suffix;
    for (size_t i = 0; i < n; i++)
        all = all && places[i].rule->scheme == SCHEME_HTTPS;
    return all;
}

static void write_host(struct json_writer *j, const struct place *place, bool port) {
    BUF_CLEANUP struct buf name = {0};
    buf_host(&name, place->host);
    if (port) {
        buf_lit(&name, ":");
        buf_uint(&name, (uint64_t)place->port);
    }
    jw_inert(j, &name);
}

static bool same_host(const struct place *a, const struct place *b) {
    return strcmp(a->host.name.s, b->host.name.s) == 0 && a->host.suffix == b->host.suffix;
}

/* A plain entry opens every port of its host, so one is enough. */
static void write_domains(struct json_writer *j, const struct places *places) {
    const struct place *plain = NULL;
    jw_key(j, "allow_domain");
    jw_array(j);
    for (size_t i = 0, n; i < places->n; i += n) {
        const struct place *place = &places->v[i];
        n = places_alike(places, i);
        if (!places_allow(places, i, n))
            continue;
        if (is_inspected(place, n)) {
            jw_object(j);
            jw_key(j, "domain");
            write_host(j, place, place->port != 443);
            jw_key(j, "endpoints");
            write_endpoints(j, places, i, n);
            jw_end(j);
        } else if (!plain || !same_host(plain, place)) {
            write_host(j, place, false);
            plain = place;
        }
    }
    jw_end(j);
    jw_key(j, "deny_domain");
    jw_array(j);
    for (size_t i = 0, n; i < places->n; i += n) {
        n = places_alike(places, i);
        if (places_shut(places, i, n))
            write_host(j, &places->v[i], true);
    }
    jw_end(j);
}

/* -- credentials -- */

static bool is_word(const char *s) {
    while (isalnum((unsigned char)*s) || *s == '_')
        s++;
    return !*s;
}

static bool has_place(const struct inject *inject) {
    return inject->header.s || inject->bearer || inject->authorization.s || inject->query.s;
}

bool nono_holds(const struct credential *credential) {
    const struct source *source = &credential->source;
    bool found =
        source->kind == SOURCE_FILE || (source->kind == SOURCE_KEYCHAIN && is_word(source->name.s));
    bool one = credential->hosts.n == 1 && !credential->hosts.v[0].suffix;
    return found && one && credential->env.s && has_place(&credential->inject);
}

static void write_source(struct json_writer *j, const struct source *source) {
    BUF_CLEANUP struct buf key = {0};
    if (source->kind == SOURCE_FILE) {
        buf_lit(&key, "file://");
        buf_path(&key, source->path);
    } else {
        buf_name(&key, source->name);
    }
    jw_key(j, "credential_key");
    jw_inert(j, &key);
}

static void write_inject(struct json_writer *j, const struct inject *inject, struct arena *arena) {
    jw_key(j, "inject_mode");
    if (inject->query.s) {
        jw_string(j, "query_param");
        jw_key(j, "query_param_name");
        jw_name(j, inject->query);
        return;
    }
    jw_string(j, "header");
    jw_key(j, "inject_header");
    if (inject->header.s)
        jw_name(j, inject->header);
    else
        jw_string(j, "Authorization");
    jw_key(j, "credential_format");
    if (inject->header.s)
        jw_string(j, "{}");
    else if (inject->bearer)
        jw_string(j, "Bearer {}");
    else
        jw_text(j, (struct text){arena_printf(arena, "%s {}", inject->authorization.s)});
}

static void write_credential(struct json_writer *j, const struct credential *credential,
                             const struct places *places, struct arena *arena) {
    BUF_CLEANUP struct buf url = {0};
    buf_lit(&url, "https://");
    buf_host(&url, credential->hosts.v[0]);
    jw_key_name(j, credential->name);
    jw_object(j);
    jw_key(j, "upstream");
    jw_inert(j, &url);
    write_source(j, &credential->source);
    write_inject(j, &credential->inject, arena);
    jw_key(j, "env_var");
    jw_name(j, credential->env);
    jw_key(j, "endpoint_rules");
    struct place wanted = {.host = credential->hosts.v[0]};
    size_t i = 0, n = 0;
    while (i < places->n && (!same_host(&places->v[i], &wanted) || places->v[i].port != 443))
        i++;
    if (i < places->n)
        n = places_alike(places, i);
    write_endpoints(j, places, i, n);
    jw_end(j);
}

static void write_credentials(struct json_writer *j, const struct spec *spec,
                              const struct places *places, struct arena *arena) {
    jw_key(j, "credentials");
    jw_array(j);
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (nono_holds(&spec->credentials.v[i]))
            jw_name(j, spec->credentials.v[i].name);
    jw_end(j);
    jw_key(j, "custom_credentials");
    jw_object(j);
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (nono_holds(&spec->credentials.v[i]))
            write_credential(j, &spec->credentials.v[i], places, arena);
    jw_end(j);
}

static void write_ports(struct json_writer *j, const int64_t *ports, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_uint(j, (uint64_t)ports[i]);
    jw_end(j);
}

static void write_upstream(struct json_writer *j, const struct upstream *upstream) {
    BUF_CLEANUP struct buf proxy = {0};
    if (!upstream->proxy.port || upstream->proxy.tls)
        return;
    buf_name(&proxy, upstream->proxy.host);
    buf_lit(&proxy, ":");
    buf_uint(&proxy, (uint64_t)upstream->proxy.port);
    jw_key(j, "upstream_proxy");
    jw_inert(j, &proxy);
    jw_key(j, "upstream_bypass");
    jw_array(j);
    for (size_t i = 0; i < upstream->except.n; i++) {
        BUF_CLEANUP struct buf host = {0};
        buf_host(&host, upstream->except.v[i]);
        jw_inert(j, &host);
    }
    jw_end(j);
}

static void write_network(struct json_writer *j, const struct plan *plan, struct arena *arena) {
    const struct network *network = &plan->spec->network;
    struct places places = places_of(plan, arena);
    jw_key(j, "network");
    jw_object(j);
    jw_key(j, "block");
    jw_bool(j, !places_allow(&places, 0, places.n));
    write_domains(j, &places);
    jw_key(j, "open_port");
    write_ports(j, network->local_ports.v, network->local_ports.n);
    jw_key(j, "listen_port");
    write_ports(j, network->publish.v, network->publish.n);
    write_upstream(j, &network->upstream);
    write_credentials(j, plan->spec, &places, arena);
    jw_end(j);
}

bool nono_takes(const char *s) {
    return !strchr(s, '$') && *s != '~';
}

static void write_folders(struct json_writer *j, const struct spec *spec, enum access access) {
    jw_array(j);
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (spec->workspaces.v[i].access == access)
            jw_text(j, spec->workspaces.v[i].path);
    jw_end(j);
}

static void write_files(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "filesystem");
    jw_object(j);
    jw_key(j, "allow");
    write_folders(j, spec, ACCESS_READ_WRITE);
    jw_key(j, "read");
    write_folders(j, spec, ACCESS_READ_ONLY);
    jw_key(j, "unix_socket");
    jw_array(j);
    for (size_t i = 0; i < spec->relax.n; i++)
        if (spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            jw_path(j, spec->relax.v[i].socket);
    jw_end(j);
    jw_end(j);
}

static void write_environment(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "environment");
    jw_object(j);
    jw_key(j, "set_vars");
    jw_object(j);
    for (size_t i = 0; i < spec->environment.n; i++) {
        if (!nono_takes(spec->environment.v[i].value.s))
            continue;
        jw_key_name(j, spec->environment.v[i].name);
        jw_text(j, spec->environment.v[i].value);
    }
    jw_end(j);
    jw_end(j);
}

static void write(const struct export_target *target, const struct plan *plan, struct arena *arena,
                  struct buf *out) {
    struct json_writer j;
    (void)target;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "meta");
    jw_object(&j);
    jw_key(&j, "name");
    jw_name(&j, plan->name);
    jw_key(&j, "description");
    jw_string(&j, "Written by agent-sandbox export nono, which says what of the spec is not here.");
    jw_end(&j);
    jw_key(&j, "linux");
    jw_object(&j);
    jw_key(&j, "af_unix_mediation");
    jw_string(&j, "pathname");
    jw_end(&j);
    write_files(&j, plan->spec);
    write_network(&j, plan, arena);
    write_environment(&j, plan->spec);
    jw_end(&j);
    jw_finish(&j);
}

static const struct export_file files[] = {{"profile.json", false, write}};

const struct export_target export_nono = {
    "nono",       "a profile of nono (~/.config/nono/profiles/NAME.json, or nono run --profile)",
    files,        1,
    &matrix_nono,
};
