/* The logins of proxy/policy.json: what agent-sandbox-proxy keeps tokens by. */
#include "render/render_policy_private.h"
#include "spec/types.h"

static void place(struct json_writer *j, const struct https_url *url) {
    jw_key(j, "host");
    jw_name(j, url->host);
    jw_key(j, "port");
    jw_uint(j, (uint64_t)url->port);
    jw_key(j, "path");
    jw_path(j, url->path);
}

static void endpoint(struct json_writer *j, const struct login_token *token) {
    jw_object(j);
    place(j, &token->url);
    jw_key(j, "body");
    type_login_body.write(j, &token->body);
    policy_key_text(j, "access", token->fields.access);
    policy_key_text(j, "refresh", token->fields.refresh);
    policy_key_text(j, "expires_in", token->fields.expires_in);
    policy_key_text(j, "id", token->fields.id);
    jw_end(j);
}

static void prefixes(struct json_writer *j, const struct login_prefix *prefix) {
    if (!prefix->access.s && !prefix->refresh.s)
        return;
    jw_key(j, "prefix");
    jw_object(j);
    policy_key_text(j, "access", (struct text){prefix->access.s});
    policy_key_text(j, "refresh", (struct text){prefix->refresh.s});
    jw_end(j);
}

static void one_login(struct json_writer *j, const struct login *login,
                      const struct credential *access, struct text placeholder) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, login->name);
    policy_key_text(j, "placeholder", placeholder);
    jw_key(j, "token");
    jw_array(j);
    for (size_t i = 0; i < login->token.n; i++)
        endpoint(j, &login->token.v[i]);
    jw_end(j);
    policy_hosts(j, "hosts", access->hosts.v, access->hosts.n);
    if (login->paths.n)
        policy_texts(j, "paths", login->paths.v, login->paths.n);
    policy_inject(j, &login->inject);
    prefixes(j, &login->prefix);
    policy_key_text(j, "client_id", login->client_id);
    if (login->mcp.port) {
        jw_key(j, "resource");
        type_https_url.write(j, &login->mcp);
    }
    if (login->revoke.port) {
        jw_key(j, "revoke");
        jw_object(j);
        place(j, &login->revoke);
        jw_end(j);
    }
    jw_end(j);
}

void policy_logins(struct json_writer *j, const struct plan *plan) {
    const struct spec *spec = plan->spec;
    struct arena *arena = arena_new();
    if (spec->logins.n) {
        jw_key(j, "logins");
        jw_array(j);
        for (size_t i = 0; i < spec->logins.n; i++)
            one_login(j, &spec->logins.v[i], &plan->logged.v[i],
                      plan_login_placeholder(arena, spec, &spec->logins.v[i]));
        jw_end(j);
    }
    arena_free(arena);
}
