/* proxy/policy.json: what the add-on (modules/proxy) decides by. */
#include "render/render_json.h"
#include "render/render_policy_private.h"
#include "spec/schema.h"
#include "write/write_json.h"

void policy_key_text(struct json_writer *j, const char *key, struct text value) {
    if (!value.s)
        return;
    jw_key_name(j, (struct name){key});
    jw_text(j, value);
}

void policy_host(struct json_writer *j, struct host_pattern pattern) {
    jw_key(j, "host");
    jw_name(j, pattern.name);
    jw_key(j, "suffix");
    jw_bool(j, pattern.suffix);
}

static void scheme(struct json_writer *j, enum scheme value) {
    jw_key(j, "scheme");
    switch (value) {
    case SCHEME_HTTPS:
        jw_string(j, "https");
        break;
    case SCHEME_HTTP:
        jw_string(j, "http");
        break;
    case SCHEME_TCP:
        jw_string(j, "tcp");
        break;
    case SCHEME_TLS:
        jw_string(j, "tls");
        break;
    }
}

void policy_texts(struct json_writer *j, const char *key, const struct text *v, size_t n) {
    jw_key_name(j, (struct name){key});
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_text(j, v[i]);
    jw_end(j);
}

static void ports(struct json_writer *j, const struct rule *rule) {
    jw_key(j, "ports");
    jw_array(j);
    for (size_t i = 0; i < rule->ports.n; i++)
        jw_uint(j, (uint64_t)rule->ports.v[i]);
    jw_end(j);
}

/* Of a rule whose bytes are read. */
static void lists(struct json_writer *j, const struct rule *rule) {
    jw_key(j, "methods");
    jw_array(j);
    for (size_t i = 0; i < rule->methods.n; i++)
        jw_name(j, rule->methods.v[i]);
    jw_end(j);
    policy_texts(j, "paths", rule->paths.v, rule->paths.n);
}

static void addresses(struct json_writer *j, const struct cidr *v, size_t n) {
    if (!n)
        return;
    jw_key(j, "addresses");
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        type_cidr.write(j, &v[i]);
    jw_end(j);
}

static void ceiling(struct json_writer *j, const char *key, const struct rate *rate,
                    struct text together) {
    if (!rate->count)
        return;
    jw_key_name(j, (struct name){key});
    jw_object(j);
    jw_key(j, "count");
    jw_uint(j, (uint64_t)rate->count);
    jw_key(j, "seconds");
    jw_uint(j, (uint64_t)rate->seconds);
    policy_key_text(j, "together", together);
    jw_end(j);
}

static void ceilings(struct json_writer *j, const struct ceilings *c, struct text together) {
    ceiling(j, "requests", &c->requests, together);
    ceiling(j, "bytes", &c->bytes, together);
    ceiling(j, "tokens", &c->tokens, together);
}

static void expires(struct json_writer *j, struct date day) {
    BUF_CLEANUP struct buf date = {0};
    if (!day.year)
        return;
    buf_date(&date, day);
    jw_key(j, "expires");
    jw_inert(j, &date);
}

static void one_rule(struct json_writer *j, const struct rule *rule) {
    jw_object(j);
    policy_host(j, rule->host);
    scheme(j, rule->scheme);
    if (scheme_is_read(rule->scheme))
        lists(j, rule);
    ports(j, rule);
    addresses(j, rule->addresses.v, rule->addresses.n);
    if (scheme_is_read(rule->scheme)) {
        jw_key(j, "websocket");
        jw_bool(j, rule->websocket);
    }
    if (rule->ignore_case) {
        jw_key(j, "ignore_case");
        jw_bool(j, true);
    }
    if (rule->query.n)
        policy_texts(j, "query", rule->query.v, rule->query.n);
    ceilings(j, &rule->ceilings, rule->github);
    policy_key_text(j, "owner", rule->owner);
    policy_key_text(j, "reason", rule->reason);
    expires(j, rule->expires);
    jw_end(j);
}

/* Apart from the rules: it holds whatever they allow, and outlasts the day of its own. */
static void denied(struct json_writer *j, const struct network *network) {
    bool any = false;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        if (!rule->deny.n)
            continue;
        if (!any) {
            jw_key(j, "denied");
            jw_array(j);
        }
        any = true;
        jw_object(j);
        policy_host(j, rule->host);
        scheme(j, rule->scheme);
        policy_texts(j, "paths", rule->deny.v, rule->deny.n);
        ports(j, rule);
        policy_key_text(j, "owner", rule->owner);
        jw_end(j);
    }
    if (any)
        jw_end(j);
}

static void package_index(struct json_writer *j, const struct package_index *index) {
    jw_key(j, "index");
    jw_object(j);
    jw_key(j, "kind");
    if (index->kind == PACKAGES_NPM)
        jw_string(j, "npm");
    else
        jw_string(j, "pypi");
    jw_key(j, "host");
    jw_name(j, index->host);
    jw_key(j, "port");
    jw_uint(j, (uint64_t)index->port);
    jw_key(j, "path");
    jw_path(j, index->path);
    jw_end(j);
}

/* As what is denied. */
static void cooldowns(struct json_writer *j, const struct network *network) {
    bool any = false;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        if (!rule->cooldown)
            continue;
        if (!any) {
            jw_key(j, "cooldowns");
            jw_array(j);
        }
        any = true;
        jw_object(j);
        policy_host(j, rule->host);
        policy_texts(j, "paths", rule->paths.v, rule->paths.n);
        ports(j, rule);
        jw_key(j, "seconds");
        jw_uint(j, (uint64_t)rule->cooldown);
        package_index(j, &rule->index);
        policy_key_text(j, "owner", rule->owner);
        jw_end(j);
    }
    if (any)
        jw_end(j);
}

/* As what is denied: which tools may be called counts whichever rule lets a request through. */
static void mcp(struct json_writer *j, const struct network *network) {
    if (!network->mcp.n)
        return;
    jw_key(j, "mcp");
    jw_array(j);
    for (size_t i = 0; i < network->mcp.n; i++) {
        const struct mcp_server *server = &network->mcp.v[i];
        jw_object(j);
        policy_host(j, (struct host_pattern){server->url.host, false});
        scheme(j, server->url.scheme);
        jw_key(j, "port");
        jw_uint(j, (uint64_t)server->url.port);
        jw_key(j, "path");
        jw_path(j, mcp_url_path(&server->url));
        policy_texts(j, "tools", server->tools.v, server->tools.n);
        policy_key_text(j, "owner", server->owner);
        expires(j, server->expires);
        jw_end(j);
    }
    jw_end(j);
}

static void source(struct json_writer *j, const struct source *from) {
    jw_key(j, "source");
    jw_object(j);
    jw_key(j, "kind");
    switch (from->kind) {
    case SOURCE_FILE:
        jw_string(j, "file");
        jw_key(j, "path");
        jw_path(j, from->path);
        break;
    case SOURCE_SYSTEMD:
        jw_string(j, "systemd");
        jw_key(j, "name");
        jw_name(j, from->name);
        break;
    case SOURCE_KEYCHAIN:
        jw_string(j, "keychain");
        jw_key(j, "name");
        jw_name(j, from->name);
        break;
    case SOURCE_COMMAND:
        jw_string(j, "command");
        policy_key_text(j, "command", from->command);
        break;
    }
    jw_end(j);
}

void policy_inject(struct json_writer *j, const struct inject *how) {
    jw_key(j, "inject");
    jw_object(j);
    if (how->header.s) {
        jw_key(j, "header");
        jw_name(j, how->header);
    } else if (how->basic.s) {
        jw_key(j, "basic");
        jw_name(j, how->basic);
    } else if (how->query.s) {
        jw_key(j, "query");
        jw_name(j, how->query);
    } else if (how->authorization.s) {
        policy_key_text(j, "authorization", how->authorization);
    } else if (how->path) {
        jw_key(j, "path");
        jw_bool(j, true);
    } else if (how->json.s) {
        policy_key_text(j, "json", how->json);
    } else if (how->aws) {
        jw_key(j, "aws");
        jw_bool(j, true);
    } else {
        jw_key(j, "bearer");
        jw_bool(j, true);
    }
    jw_end(j);
}

void policy_hosts(struct json_writer *j, const char *key, const struct host_pattern *v, size_t n) {
    jw_key_name(j, (struct name){key});
    jw_array(j);
    for (size_t i = 0; i < n; i++) {
        jw_object(j);
        policy_host(j, v[i]);
        jw_end(j);
    }
    jw_end(j);
}

static void one_credential(struct json_writer *j, const struct credential *credential) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, credential->name);
    source(j, &credential->source);
    policy_hosts(j, "hosts", credential->hosts.v, credential->hosts.n);
    if (credential->paths.n) {
        jw_key(j, "paths");
        jw_array(j);
        for (size_t i = 0; i < credential->paths.n; i++)
            jw_text(j, credential->paths.v[i]);
        jw_end(j);
    }
    if (credential->ask) {
        jw_key(j, "ask");
        jw_bool(j, true);
    }
    policy_inject(j, &credential->inject);
    ceilings(j, &credential->ceilings, (struct text){0});
    jw_key(j, "placeholder");
    jw_text(j, credential->placeholder);
    jw_end(j);
}

static void trust(struct json_writer *j, const struct network *network) {
    if (!network->trust.n)
        return;
    jw_key(j, "trust");
    jw_array(j);
    for (size_t i = 0; i < network->trust.n; i++) {
        const struct authority *authority = &network->trust.v[i];
        jw_object(j);
        jw_key(j, "certificates");
        jw_text(j, authority->text);
        if (authority->hosts.n)
            policy_hosts(j, "hosts", authority->hosts.v, authority->hosts.n);
        jw_end(j);
    }
    jw_end(j);
}

static void upstream(struct json_writer *j, const struct upstream *upstream) {
    if (!upstream->proxy.port)
        return;
    jw_key(j, "upstream");
    jw_object(j);
    policy_host(j, (struct host_pattern){upstream->proxy.host, false});
    jw_key(j, "port");
    jw_uint(j, (uint64_t)upstream->proxy.port);
    if (upstream->proxy.tls) {
        jw_key(j, "tls");
        jw_bool(j, true);
    }
    addresses(j, upstream->addresses.v, upstream->addresses.n);
    if (upstream->user.s) {
        jw_key(j, "user");
        jw_name(j, upstream->user);
        source(j, &upstream->password);
    }
    if (upstream->except.n)
        policy_hosts(j, "except", upstream->except.v, upstream->except.n);
    jw_end(j);
}

static void most(struct json_writer *j, const struct grants_most *most) {
    if (most->hosts.v)
        policy_hosts(j, "hosts", most->hosts.v, most->hosts.n);
    if (most->methods.v) {
        jw_key(j, "methods");
        jw_array(j);
        for (size_t i = 0; i < most->methods.n; i++)
            jw_name(j, most->methods.v[i]);
        jw_end(j);
    }
    jw_key(j, "seconds");
    jw_uint(j, (uint64_t)(most->seconds ? most->seconds : DEFAULT_GRANT_SECONDS));
}

static void grants(struct json_writer *j, const struct spec *spec) {
    if (!spec_grants(spec))
        return;
    jw_key(j, "grants");
    jw_object(j);
    most(j, &spec->grants.most);
    jw_end(j);
    if (!spec->network.ask)
        return;
    jw_key(j, "ask");
    jw_object(j);
    jw_key(j, "seconds");
    jw_uint(j, (uint64_t)(spec->grants.wait ? spec->grants.wait : DEFAULT_WAIT_SECONDS));
    if (spec->network.ask_hosts.n)
        policy_hosts(j, "hosts", spec->network.ask_hosts.v, spec->network.ask_hosts.n);
    jw_end(j);
}

void render_policy(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "format");
    jw_uint(&j, 1);
    jw_key(&j, "sandbox");
    jw_name(&j, plan->name);
    jw_key(&j, "enforcement");
    if (spec->network.enforcement == ENFORCEMENT_AUDIT)
        jw_string(&j, "audit");
    else
        jw_string(&j, "enforce");
    jw_key(&j, "listen");
    jw_object(&j);
    jw_key(&j, "host");
    jw_string(&j, "127.0.0.1");
    jw_key(&j, "port");
    jw_uint(&j, plan->proxy_port);
    jw_end(&j);
    jw_key(&j, "rules");
    jw_array(&j);
    for (size_t i = 0; i < spec->network.rules.n; i++)
        one_rule(&j, &spec->network.rules.v[i]);
    for (size_t i = 0; i < plan->ssh_rules.n; i++)
        one_rule(&j, &plan->ssh_rules.v[i]);
    jw_end(&j);
    denied(&j, &spec->network);
    cooldowns(&j, &spec->network);
    mcp(&j, &spec->network);
    trust(&j, &spec->network);
    upstream(&j, &spec->network.upstream);
    grants(&j, spec);
    jw_key(&j, "credentials");
    jw_array(&j);
    for (size_t i = 0; i < spec->credentials.n; i++)
        one_credential(&j, &spec->credentials.v[i]);
    jw_end(&j);
    policy_logins(&j, plan);
    jw_end(&j);
    jw_finish(&j);
}
