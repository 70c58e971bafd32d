/* Checks of logins. */
#include "read/check.h"
#include "spec/path_pattern.h"
#include "spec/types.h"
#include "spec/url_path.h"

#include <string.h>

/* What is wrong in itself, and told, is not there. */
static bool same(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

static bool same_url(const struct https_url *a, const struct https_url *b) {
    return a->port == b->port && same(a->host.s, b->host.s) && same(a->path.s, b->path.s);
}

static bool is_of(const struct mcp_server *server, const struct https_url *url) {
    return server->url.scheme == SCHEME_HTTPS && server->url.port == url->port &&
           same(server->url.host.s, url->host.s) && same(mcp_url_path(&server->url).s, url->path.s);
}

static bool is_its_own(const struct login *login) {
    return login->hosts.n == 1 && login->paths.n == 1 && !login->hosts.v[0].suffix &&
           same(login->hosts.v[0].name.s, login->mcp.host.s) &&
           same(login->paths.v[0].s, login->mcp.path.s);
}

static const char *url_words(struct arena *arena, const struct https_url *url) {
    BUF_CLEANUP struct buf b = {0};
    https_url_words(&b, url);
    return arena_copy(arena, b.data);
}

static void check_pair(struct reading *reading, const struct login *a, const struct login *b) {
    if (same(a->name.s, b->name.s)) {
        complain(reading, at_value(b->at, "name"), "another login is called \"%s\"", b->name.s);
        return;
    }
    for (size_t i = 0; i < a->token.n; i++)
        for (size_t k = 0; k < b->token.n; k++)
            if (same_url(&a->token.v[i].url, &b->token.v[k].url))
                complain(reading, at_value(b->token.v[k].at, "url"),
                         "login \"%s\" has this token endpoint already: the proxy could not tell "
                         "whose tokens it gives out",
                         a->name.s ? a->name.s : "");
}

void check_login_names(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct login *login = &spec->logins.v[i];
        for (size_t k = i + 1; k < spec->logins.n; k++)
            check_pair(reading, login, &spec->logins.v[k]);
        for (size_t k = 0; k < spec->credentials.n; k++)
            if (same(spec->credentials.v[k].name.s, login->name.s))
                complain(reading, at_value(login->at, "name"),
                         "a credential is called \"%s\": the log could not tell them apart",
                         login->name.s);
        if (login->name.s && spec->network.engine == ENGINE_MITMPROXY)
            complain(reading, at_value(spec->network.at, "engine"),
                     "logins are kept by agent-sandbox-proxy alone: with the login \"%s\" the "
                     "engine is native, or auto",
                     login->name.s);
    }
}

void check_login_ways(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct inject *inject = &spec->logins.v[i].inject;
        bool other =
            inject->basic.s || inject->query.s || inject->path || inject->json.s || inject->aws;
        int n = (inject->header.s != NULL) + inject->bearer + (inject->authorization.s != NULL);
        const struct login *login = &spec->logins.v[i];
        bool is_said = n > 0 || other;
        if (login->name.s && !login->mcp.port && (!is_said || !login->hosts.n))
            complain(
                reading, at_object(login->at),
                "a login needs \"hosts\" and \"inject\": where its access token goes, and how; "
                "but for one of an MCP server (\"mcp\")");
        if (is_said && (n != 1 || other))
            complain(reading, at_object(inject->at),
                     "exactly one of \"bearer\", \"header\" and \"authorization\" says how an "
                     "access token goes into a request");
    }
}

static bool has(const struct name *v, size_t n, const char *s) {
    for (size_t i = 0; i < n; i++)
        if (same(v[i].s, s))
            return true;
    return false;
}

static const char *method_of(const struct login_token *token) {
    return token->body == LOGIN_NONE ? "GET" : "POST";
}

bool check_lets_ask(struct arena *arena, const struct rule *rule, const struct login_token *token) {
    const struct https_url *url = &token->url;
    const char *one[URL_PATH_READINGS], *other[URL_PATH_READINGS];
    bool port = false;
    for (size_t i = 0; i < rule->ports.n; i++)
        port = port || rule->ports.v[i] == url->port;
    if (rule->scheme != SCHEME_HTTPS || !port ||
        !has(rule->methods.v, rule->methods.n, method_of(token)) ||
        !host_covers(rule->host, (struct host_pattern){url->host, false}))
        return false;
    url_path_readings(arena, url->path.s, other);
    for (size_t i = 0; i < rule->paths.n; i++) {
        url_path_readings(arena, rule->paths.v[i].s, one);
        if (path_pattern_covers(one[0], other[0]))
            return true;
    }
    return false;
}

static void check_endpoint(struct reading *reading, const struct spec *spec,
                           const struct login_token *token) {
    const struct login_fields *fields = &token->fields;
    bool found = !token->url.host.s || !token->url.path.s;
    for (size_t i = 0; i < spec->network.rules.n && !found; i++)
        found = check_lets_ask(reading->arena, &spec->network.rules.v[i], token);
    if (!found)
        complain(reading, at_value(token->at, "url"),
                 "no rule lets %s %s through, so nobody could ever %s", method_of(token),
                 url_words(reading->arena, &token->url),
                 token->body == LOGIN_NONE ? "get a token there" : "log in");
    if (same(fields->access.s, fields->refresh.s) || same(fields->access.s, fields->id.s) ||
        same(fields->refresh.s, fields->id.s))
        complain(reading, at_key(token->at, "fields"), "each token has a place of its own");
}

void check_login_endpoints(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct login *login = &spec->logins.v[i];
        bool begins = !login->token.n;
        for (size_t k = 0; k < login->token.n; k++) {
            check_endpoint(reading, spec, &login->token.v[k]);
            begins = begins || login->token.v[k].body != LOGIN_NONE;
        }
        if (!begins)
            complain(reading, at_value(login->at, "token"),
                     "nobody logs in at an endpoint whose \"body\" is none: one with another is "
                     "needed beside it");
    }
}

static bool goes_somewhere(const struct spec *spec, struct host_pattern host) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        if (rule->scheme == SCHEME_HTTPS &&
            (host_covers(rule->host, host) || host_covers(host, rule->host)))
            return true;
    }
    return false;
}

void check_login_servers(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct login *login = &spec->logins.v[i];
        bool found = false;
        if (!login->mcp.port || !login->mcp.host.s)
            continue;
        for (size_t k = 0; k < spec->network.mcp.n; k++)
            found = found || is_of(&spec->network.mcp.v[k], &login->mcp);
        if (!found)
            complain(reading, at_value(login->at, "mcp"),
                     "network.mcp has no server at %s, so nothing says which of its tools may be "
                     "called with this login",
                     url_words(reading->arena, &login->mcp));
        if (!is_its_own(login))
            complain(reading, at_value(login->at, "mcp"),
                     "the login of an MCP server goes to that URL alone, which \"hosts\" and "
                     "\"paths\" need not say");
    }
}

void check_login_hosts(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct login *login = &spec->logins.v[i];
        bool any = false;
        for (size_t k = 0; k < login->hosts.n; k++)
            any = any || goes_somewhere(spec, login->hosts.v[k]);
        if (!any && login->name.s && login->hosts.n && !login->mcp.port)
            complain(reading, at_key(login->at, "hosts"),
                     "no rule lets any of them through over https, so login \"%s\" could never be "
                     "used",
                     login->name.s);
        check_path_readings(reading, login->at, "paths", login->paths.v, login->paths.n,
                            "its paths must have that in them");
    }
}

/* What agent-sandbox login says itself: RFC 6749, section 4.1.1, and RFC 7636, section 4.3. */
static const char *const own_parameters[] = {"client_id",
                                             "code_challenge",
                                             "code_challenge_method",
                                             "redirect_uri",
                                             "response_type",
                                             "scope",
                                             "state",
                                             NULL};

static void check_flow(struct reading *reading, const struct login *login) {
    bool asks = login->authorize.port || login->device.port;
    if (asks && !login->client_id.s)
        complain(reading, at_key(login->at, login->authorize.port ? "authorize" : "device"),
                 "to log in on the host needs \"client_id\"");
    for (int i = 0; i < 2 && !login->authorize.port; i++) {
        const char *key = i ? "redirect" : "parameters";
        if (i ? login->redirect.s != NULL : login->parameters.n > 0)
            complain(reading, at_key(login->at, key), "\"%s\" needs \"authorize\"", key);
    }
    for (size_t i = 0; i < login->parameters.n; i++) {
        if (login->mcp.port && same(login->parameters.v[i].name.s, "resource"))
            complain(reading, at_key(login->parameters_at, "resource"),
                     "\"resource\" is what agent-sandbox login says itself, of \"mcp\"");
        for (const char *const *own = own_parameters; *own; own++)
            if (same(login->parameters.v[i].name.s, *own))
                complain(reading, at_key(login->parameters_at, *own),
                         "\"%s\" is what agent-sandbox login says itself", *own);
    }
}

void check_login_flows(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++)
        check_flow(reading, &spec->logins.v[i]);
}
