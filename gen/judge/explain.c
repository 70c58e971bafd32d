#include "judge/explain.h"
#include "judge/change.h"
#include "judge/view.h"
#include "read/resolved.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct explaining {
    struct arena *arena;
    const struct plan *plan;   /* or NULL */
    const struct judge *judge; /* or NULL: one is made for the place that is asked about */
    const struct question *question;
    struct explained *out;
};

/* -- requests and connections -- */

static void take_rule(const struct explaining *e, const struct rule *rule) {
    if (!rule)
        return;
    e->out->at = rule->at;
    e->out->owner = rule->owner.s;
    e->out->reason = rule->reason.s;
    e->out->until = rule->expires;
    e->out->pointer = resolved_pointer(e->plan->spec, rule->at, e->arena);
}

static void add_credential(const struct credential *credential, void *context) {
    const struct explaining *e = context;
    json_t *one = json_pack("{s:s, s:b}", "name", credential->name.s, "ask", credential->ask);
    if (credential->ask)
        json_object_set_new(one, "placeholder", json_string(credential->placeholder.s));
    json_array_append_new(e->out->credentials, one);
}

static json_t *rule_fragment(const struct explaining *e, json_t *rule) {
    if (e->plan)
        change_complete(e->plan->spec, rule);
    return json_pack("{s:{s:[o]}}", "network", "rules", rule);
}

/* A name that no public server has needs them in every rule. */
static void add_addresses(json_t *rule, const struct rule *of) {
    json_t *addresses = json_array();
    for (size_t i = 0; of && i < of->addresses.n; i++) {
        BUF_CLEANUP struct buf cidr = {0};
        buf_cidr(&cidr, of->addresses.v[i]);
        json_array_append_new(addresses, json_string(cidr.data));
    }
    if (json_array_size(addresses))
        json_object_set(rule, "addresses", addresses);
    json_decref(addresses);
}

/* Another rule may allow it, too; what a rule denies, none allows. This one allows what it denies
 * and nothing else, so it only takes away. */
static json_t *denying_rule(const struct explaining *e, const struct judged *judged, bool tls) {
    const char **patterns;
    bool shortened = false;
    size_t n = target_patterns(e->arena, &judged->target, &patterns, &shortened);
    if (shortened)
        return NULL;
    json_t *paths = json_array(), *rule = json_pack("{s:s}", "host", judged->host);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(paths, json_string(patterns[i]));
    if (!tls)
        json_object_set_new(rule, "scheme", json_string("http"));
    json_object_set(rule, "paths", paths);
    json_object_set_new(rule, "deny", paths);
    if (judged->port != egress_usual_port(tls))
        json_object_set_new(rule, "ports", json_pack("[i]", judged->port));
    add_addresses(rule, judge_rule(e->judge, judged));
    return rule_fragment(e, rule);
}

static void turn_allowed(const struct explaining *e, const struct judged *judged, bool tls) {
    if (judged->unread || !e->plan) {
        const struct rule *rule = judge_rule(e->judge, judged);
        e->out->remove = e->out->pointer;
        if (rule && rule->ports.n > 1)
            e->out->remove = resolved_item(e->plan->spec, rule->at, "ports",
                                           arena_printf(e->arena, "%d", judged->port), e->arena);
        return;
    }
    e->out->add = denying_rule(e, judged, tls);
    if (!e->out->add)
        e->out->no_change = "the path is longer than a rule's can be";
}

static const char *port_words(const struct explaining *e, const struct judged *judged) {
    return judged->unread
               ? arena_printf(e->arena, ": %s to %s:%d, of which nothing is read",
                              egress_scheme_word(judged->scheme), judged->host, judged->port)
               : "";
}

static void take_judged(const struct explaining *e, struct judged *judged, bool tls) {
    struct explained *out = e->out;
    out->allowed = !judged->wrong && judged->answer.allowed;
    take_rule(e, judge_rule(e->judge, judged));
    if (out->allowed) {
        out->why = arena_printf(
            e->arena, "%s allows it%s",
            e->plan ? "a rule"
                    : arena_printf(e->arena, "rule %zu of the applied policy", judged->answer.rule),
            port_words(e, judged));
        if (!e->plan)
            out->owner = judged->answer.owner;
        out->tools = judge_tools(e->judge, judged, tls, e->arena);
        judge_credentials(e->judge, judged, tls, add_credential, (void *)(uintptr_t)e);
        turn_allowed(e, judged, tls);
    } else if (judged->wrong) {
        out->why = judged->wrong;
        out->no_change = "it is refused whatever the rules say";
    } else {
        out->why = judged->answer.reason;
        const struct rule *rule = judge_rule(e->judge, judged);
        if (rule && judged->answer.denied) {
            out->remove = arena_printf(e->arena, "%s/deny", out->pointer);
            out->choices = rule->deny.n;
        } else if (judged->answer.missing)
            out->add = rule_fragment(e, json_deep_copy(judged->answer.missing));
        else
            out->no_change = "no rule can name it";
    }
    judged_clear(judged);
}

/* Free what it gives with judge_free(). */
static struct judge *made_for(struct explaining *e, const char *place, int usual) {
    struct judge *made = e->judge ? NULL : judge_new_at(e->plan, place, usual, e->arena);
    if (made)
        e->judge = made;
    return made;
}

static const char *explain_request(struct explaining *e) {
    struct request_line line = {.method = e->question->method};
    struct judged judged;
    const char *why = request_url_read(e->arena, e->question->what, &line);
    if (why)
        return why;
    if (line.websocket)
        line.method = "GET";
    struct judge *made = made_for(e, line.authority, egress_usual_port(line.tls));
    judge_line(e->judge, &line, e->arena, &judged);
    take_judged(e, &judged, line.tls);
    judge_free(made);
    return NULL;
}

static const char *explain_connect(struct explaining *e) {
    struct judged judged;
    const char *why = request_place_wrong(e->question->what);
    if (why)
        return why;
    struct judge *made = made_for(e, e->question->what, 0);
    judge_place(e->judge, e->question->what, e->arena, &judged);
    take_judged(e, &judged, false);
    judge_free(made);
    return NULL;
}

/* -- the rest of a spec -- */

static const char *explain_port(const struct explaining *e) {
    const struct network *network = &e->plan->spec->network;
    int64_t port = e->question->number;
    if (port < 1 || port > 65535)
        return "a port is a number from 1 to 65535";
    for (size_t i = 0; i < network->local_ports.n; i++)
        e->out->allowed = e->out->allowed || network->local_ports.v[i] == port;
    e->out->at = network->at;
    e->out->why = e->out->allowed
                      ? "the agent may reach it on the host's loopback"
                      : "no service of the host's loopback is reached that is not named";
    if (!e->out->allowed) {
        e->out->at = NULL;
        e->out->add = json_pack("{s:{s:[I]}}", "network", "local_ports", (json_int_t)port);
        return NULL;
    }
    e->out->key = "local_ports";
    e->out->item = arena_printf(e->arena, "%" PRId64, port);
    e->out->pointer =
        resolved_item(e->plan->spec, network->at, e->out->key, e->out->item, e->arena);
    e->out->remove = e->out->pointer;
    return NULL;
}

static const char *explain_credential(const struct explaining *e) {
    const struct spec *spec = e->plan->spec;
    size_t own = spec->credentials.n;
    e->out->why = "no credential or login has this name";
    e->out->no_change = "only you know where its secret is: a credential has name, source, hosts "
                        "and inject";
    for (size_t i = 0; i < own + e->plan->logged.n; i++) {
        const struct credential *one =
            i < own ? &spec->credentials.v[i] : &e->plan->logged.v[i - own];
        if (strcmp(one->name.s, e->question->what) != 0)
            continue;
        BUF_CLEANUP struct buf hosts = {0};
        for (size_t k = 0; k < one->hosts.n; k++) {
            if (k)
                buf_lit(&hosts, ", ");
            buf_host(&hosts, one->hosts.v[k]);
        }
        e->out->allowed = true;
        e->out->no_change = NULL;
        e->out->why = arena_printf(e->arena, "the proxy puts it into requests to %s%s%s",
                                   hosts.data, one->paths.n ? " on some paths" : "",
                                   one->ask ? ", where they carry its placeholder" : "");
        e->out->at = one->at;
        e->out->pointer = e->out->remove = resolved_pointer(spec, one->at, e->arena);
        add_credential(one, (void *)(uintptr_t)e);
    }
    return NULL;
}

static const char *explain_socket(const struct explaining *e) {
    const struct spec *spec = e->plan->spec;
    const char *path = e->question->what;
    const char *word = arena_printf(e->arena, "unix-socket:%s", path);
    if (*path != '/')
        return "the path of a socket begins with a slash";
    for (size_t i = 0; i < spec->relax.n; i++)
        e->out->allowed = e->out->allowed || (spec->relax.v[i].what == RELAX_UNIX_SOCKET &&
                                              strcmp(spec->relax.v[i].socket.s, path) == 0);
    e->out->why = e->out->allowed ? "it is relaxed: the socket is there in a session"
                                  : "a session sees no socket of the host that is not relaxed";
    if (!e->out->allowed) {
        e->out->add = json_pack("{s:[s]}", "relax", word);
        return NULL;
    }
    e->out->at = spec->at;
    e->out->key = "relax";
    e->out->item = word;
    e->out->pointer = e->out->remove = resolved_item(spec, spec->at, "relax", word, e->arena);
    return NULL;
}

static const char *explain_path(const struct explaining *e) {
    struct view view = view_of(e->plan, e->question->what, e->arena);
    const char *place = view.root        ? "in a session begun there, a project below"
                        : view.workspace ? "the workspace"
                        : view.home      ? "the agent's home"
                                         : "what a session has at";
    e->out->allowed = view.what != VIEW_HIDDEN && view.what != VIEW_NOT_THERE;
    e->out->why = arena_printf(e->arena, "%s: %s %s (on Linux)", view_word(&view), place, view.of);
    if (view.root) {
        e->out->at = e->plan->spec->projects.at;
        e->out->pointer = e->out->remove =
            resolved_item(e->plan->spec, e->plan->spec->projects.at, "roots", view.root, e->arena);
    } else if (view.workspace) {
        e->out->at = view.workspace->at;
        e->out->pointer = e->out->remove =
            resolved_pointer(e->plan->spec, view.workspace->at, e->arena);
    } else if (!e->out->allowed) {
        e->out->add = json_pack("{s:[{s:s, s:s}]}", "workspaces", "path", e->question->what,
                                "access", "read-only");
    } else {
        e->out->no_change = "a session has that whatever the spec says";
    }
    return NULL;
}

static const char *answer(struct explaining *e) {
    switch (e->question->kind) {
    case ASK_URL:
        return explain_request(e);
    case ASK_CONNECT:
        return explain_connect(e);
    case ASK_PORT:
        return explain_port(e);
    case ASK_CREDENTIAL:
        return explain_credential(e);
    case ASK_SOCKET:
        return explain_socket(e);
    case ASK_PATH:
        return explain_path(e);
    }
    return NULL;
}

const char *explain_once(struct reading *reading, const struct plan *plan,
                         const struct question *question, struct explained *out) {
    struct explaining e = {reading->arena, plan, NULL, question, out};
    *out = (struct explained){.credentials = json_array()};
    return answer(&e);
}

const char *explain(struct reading *reading, const struct plan *plan,
                    const struct question *question, struct explained *out) {
    const char *why = explain_once(reading, plan, question, out);
    if (!why)
        change_try(reading, plan, question, out);
    return why;
}

const char *explain_policy(const struct judge *judge, const struct question *question,
                           struct arena *arena, struct explained *out) {
    struct explaining e = {arena, NULL, judge, question, out};
    *out = (struct explained){.credentials = json_array()};
    if (question->kind != ASK_URL && question->kind != ASK_CONNECT)
        return "only URLs and HOST:PORT are the proxy's to answer";
    return answer(&e);
}

void explained_clear(struct explained *explained) {
    json_decref(explained->credentials);
    json_decref(explained->add);
    *explained = (struct explained){0};
}
