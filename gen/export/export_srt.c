/* The settings of Anthropic's sandbox-runtime (srt): src/sandbox/sandbox-config.ts there, and its
 * README. Version 0.0.78; older ones know no ports and no credentials. */
#include "export/export_private.h"
#include "export/places.h"
#include "spec/vocabulary.h"
#include "write/write_json.h"

/* -- network -- */

static void write_place(struct json_writer *j, const struct place *place) {
    BUF_CLEANUP struct buf name = {0};
    place_name(&name, place);
    jw_inert(j, &name);
}

/* One address alone: srt takes no range. An IPv6 address stands in brackets there. */
static void write_addresses(struct json_writer *j, const struct cidr_rule *rule) {
    bool one = rule->cidr.length == (rule->cidr.family == 4 ? 32 : 128);
    for (size_t i = 0; i < rule->ports.n && one && rule->protocol == PROTOCOL_TCP; i++) {
        BUF_CLEANUP struct buf name = {0};
        if (rule->cidr.family == 6)
            buf_lit(&name, "[");
        buf_cidr_or_address(&name, rule->cidr);
        if (rule->cidr.family == 6)
            buf_lit(&name, "]");
        buf_lit(&name, ":");
        buf_uint(&name, (uint64_t)rule->ports.v[i]);
        jw_inert(j, &name);
    }
}

static void write_domains(struct json_writer *j, const struct plan *plan,
                          const struct places *places, bool shut) {
    const struct network *network = &plan->spec->network;
    jw_array(j);
    for (size_t i = 0, n; i < places->n; i += n) {
        n = places_alike(places, i);
        if (shut ? places_shut(places, i, n) : places_allow(places, i, n))
            write_place(j, &places->v[i]);
    }
    for (size_t i = 0; i < network->cidrs.n && !shut; i++)
        write_addresses(j, &network->cidrs.v[i]);
    for (size_t i = 0; i < network->local_ports.n && !shut; i++) {
        BUF_CLEANUP struct buf name = {0};
        buf_lit(&name, "localhost:");
        buf_uint(&name, (uint64_t)network->local_ports.v[i]);
        jw_inert(j, &name);
    }
    jw_end(j);
}

static bool is_opened(const struct plan *plan, const struct cidr *closed) {
    for (size_t i = 0; i < plan->opened.n; i++)
        if (cidrs_overlap(&plan->opened.v[i].cidr, closed))
            return true;
    return false;
}

/* Loopback, link-local addresses and metadata services are closed there in any case. */
static void write_closed_addresses(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "deniedResolvedAddresses");
    jw_array(j);
    for (size_t i = 0; i < special_ranges_count; i++) {
        BUF_CLEANUP struct buf name = {0};
        const struct special_range *range = &special_ranges[i];
        bool embeds = range->cidr.family == 6 && range->cidr.length == 96;
        if (!range->closed || embeds || is_opened(plan, &range->cidr))
            continue;
        buf_cidr(&name, range->cidr);
        jw_inert(j, &name);
    }
    jw_end(j);
}

static void write_url(struct json_writer *j, const struct proxy_place *proxy) {
    BUF_CLEANUP struct buf url = {0};
    if (proxy->tls)
        buf_lit(&url, "https://");
    else
        buf_lit(&url, "http://");
    buf_name(&url, proxy->host);
    buf_lit(&url, ":");
    buf_uint(&url, (uint64_t)proxy->port);
    jw_inert(j, &url);
}

static void write_upstream(struct json_writer *j, const struct upstream *upstream) {
    BUF_CLEANUP struct buf except = {0};
    if (!upstream->proxy.port)
        return;
    for (size_t i = 0; i < upstream->except.n; i++) {
        if (i)
            buf_lit(&except, ",");
        buf_host(&except, upstream->except.v[i]);
    }
    jw_key(j, "parentProxy");
    jw_object(j);
    jw_key(j, "http");
    write_url(j, &upstream->proxy);
    jw_key(j, "https");
    write_url(j, &upstream->proxy);
    if (except.len) {
        jw_key(j, "noProxy");
        jw_inert(j, &except);
    }
    jw_end(j);
}

static void write_sockets(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "allowUnixSockets");
    jw_array(j);
    for (size_t i = 0; i < spec->relax.n; i++)
        if (spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            jw_path(j, spec->relax.v[i].socket);
    jw_end(j);
}

static bool masks(const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (spec->credentials.v[i].env.s)
            return true;
    return false;
}

static void write_network(struct json_writer *j, const struct plan *plan, struct arena *arena) {
    struct places places = places_of(plan, arena);
    const struct spec *spec = plan->spec;
    jw_key(j, "network");
    jw_object(j);
    jw_key(j, "allowedDomains");
    write_domains(j, plan, &places, false);
    jw_key(j, "deniedDomains");
    write_domains(j, plan, &places, true);
    jw_key(j, "strictAllowlist");
    jw_bool(j, true);
    write_closed_addresses(j, plan);
    write_sockets(j, spec);
    jw_key(j, "allowLocalBinding");
    jw_bool(j, spec->network.publish.n > 0);
    write_upstream(j, &spec->network.upstream);
    if (masks(spec)) {
        jw_key(j, "tlsTerminate");
        jw_object(j);
        jw_end(j);
    }
    jw_end(j);
}

/* -- files -- */

/* What a session on Linux does not see, and what macOS has of the kind; a path that is not there
 * denies nothing. */
static void write_hidden(struct json_writer *j) {
    jw_key(j, "denyRead");
    jw_array(j);
    jw_string(j, "/home");
    jw_string(j, "/root");
    jw_string(j, "/Users");
    jw_string(j, "/Volumes");
    jw_string(j, "/run/user");
    jw_string(j, "/mnt");
    jw_string(j, "/media");
    jw_string(j, "/srv");
    jw_string(j, "/etc/agent-sandbox");
    jw_string(j, "/var/lib/agent-sandbox");
    jw_string(j, "/var/db/agent-sandbox");
    jw_end(j);
}

static void write_workspaces(struct json_writer *j, const struct spec *spec, bool writable) {
    jw_array(j);
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (!writable || spec->workspaces.v[i].access == ACCESS_READ_WRITE)
            jw_text(j, spec->workspaces.v[i].path);
    jw_end(j);
}

static void write_files(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "filesystem");
    jw_object(j);
    write_hidden(j);
    jw_key(j, "allowRead");
    write_workspaces(j, plan->spec, false);
    jw_key(j, "allowWrite");
    write_workspaces(j, plan->spec, true);
    jw_key(j, "denyWrite");
    jw_array(j);
    jw_end(j);
    jw_key(j, "allowGitConfig");
    jw_bool(j, plan->git_config);
    jw_end(j);
}

/* -- credentials -- */

static void write_credentials(struct json_writer *j, const struct spec *spec) {
    if (!masks(spec))
        return;
    jw_key(j, "credentials");
    jw_object(j);
    jw_key(j, "envVars");
    jw_array(j);
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *credential = &spec->credentials.v[i];
        if (!credential->env.s)
            continue;
        jw_object(j);
        jw_key(j, "name");
        jw_name(j, credential->env);
        jw_key(j, "mode");
        jw_string(j, "mask");
        jw_key(j, "injectHosts");
        jw_array(j);
        for (size_t k = 0; k < credential->hosts.n; k++) {
            BUF_CLEANUP struct buf host = {0};
            buf_host(&host, credential->hosts.v[k]);
            jw_inert(j, &host);
        }
        jw_end(j);
        jw_end(j);
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
    write_network(&j, plan, arena);
    write_files(&j, plan);
    write_credentials(&j, plan->spec);
    jw_key(&j, "enableWeakerNestedSandbox");
    jw_bool(&j, false);
    jw_end(&j);
    jw_finish(&j);
}

static const struct export_file files[] = {{".srt-settings.json", false, write}};

const struct export_target export_srt = {
    "srt",
    "the settings of Anthropic's sandbox-runtime (~/.srt-settings.json, or srt --settings)",
    files,
    1,
    &matrix_srt,
};
