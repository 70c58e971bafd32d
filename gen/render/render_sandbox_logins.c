/* The logins of sandbox.json: how somebody logs in on the host (modules/host/login_data.py). */
#include "render/render_sandbox_logins.h"
#include "base/arena.h"
#include "spec/types.h"

static void key_text(struct json_writer *j, const char *key, struct text value) {
    if (!value.s)
        return;
    jw_key_name(j, (struct name){key});
    jw_text(j, value);
}

static void url(struct json_writer *j, const struct https_url *value) {
    jw_key(j, "url");
    type_https_url.write(j, value);
}

static void token(struct json_writer *j, const struct login_token *endpoint) {
    jw_object(j);
    url(j, &endpoint->url);
    jw_key(j, "body");
    type_login_body.write(j, &endpoint->body);
    jw_key(j, "fields");
    jw_object(j);
    key_text(j, "access", endpoint->fields.access);
    key_text(j, "refresh", endpoint->fields.refresh);
    key_text(j, "expires_in", endpoint->fields.expires_in);
    key_text(j, "id", endpoint->fields.id);
    jw_end(j);
    jw_end(j);
}

/* RFC 6749, section 3.3: a blank between two. */
static void scopes(struct json_writer *j, const struct login *login, struct arena *arena) {
    const char *scope = NULL;
    for (size_t i = 0; i < login->scopes.n; i++)
        scope = scope ? arena_printf(arena, "%s %s", scope, login->scopes.v[i].s)
                      : login->scopes.v[i].s;
    key_text(j, "scope", (struct text){scope});
}

static void authorize(struct json_writer *j, const struct login *login, struct arena *arena) {
    jw_key(j, "authorize");
    jw_object(j);
    url(j, &login->authorize);
    scopes(j, login, arena);
    key_text(j, "redirect", login->redirect);
    if (login->parameters.n) {
        jw_key(j, "parameters");
        jw_object(j);
        for (size_t i = 0; i < login->parameters.n; i++)
            key_text(j, login->parameters.v[i].name.s, login->parameters.v[i].value);
        jw_end(j);
    }
    jw_end(j);
}

static void one_login(struct json_writer *j, const struct login *login, struct arena *arena) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, login->name);
    key_text(j, "client", login->client_id);
    jw_key(j, "token");
    jw_array(j);
    for (size_t i = 0; i < login->token.n; i++)
        if (login->token.v[i].body != LOGIN_NONE)
            token(j, &login->token.v[i]);
    jw_end(j);
    if (login->authorize.port)
        authorize(j, login, arena);
    if (login->mcp.port) {
        jw_key(j, "resource");
        type_https_url.write(j, &login->mcp);
        scopes(j, login, arena);
    }
    if (login->device.port) {
        jw_key(j, "device");
        jw_object(j);
        url(j, &login->device);
        scopes(j, login, arena);
        jw_end(j);
    }
    if (login->revoke.port) {
        jw_key(j, "revoke");
        jw_object(j);
        url(j, &login->revoke);
        jw_end(j);
    }
    jw_end(j);
}

void sandbox_logins(struct json_writer *j, const struct spec *spec) {
    struct arena *arena = arena_new();
    if (spec->logins.n) {
        jw_key(j, "logins");
        jw_array(j);
        for (size_t i = 0; i < spec->logins.n; i++)
            one_login(j, &spec->logins.v[i], arena);
        jw_end(j);
    }
    arena_free(arena);
}
