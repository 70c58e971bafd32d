/* Checks of credentials. */
#include "base/words.h"
#include "read/check.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"

#include <ctype.h>
#include <string.h>

void check_injections(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct inject *inject = &spec->credentials.v[i].inject;
        int n = (inject->header.s != NULL) + inject->bearer + (inject->basic.s != NULL) +
                (inject->query.s != NULL) + (inject->authorization.s != NULL) + inject->path +
                (inject->json.s != NULL) + inject->aws;
        if (n != 1 && inject->at)
            complain(
                reading, at_object(inject->at),
                "exactly one of \"header\", \"bearer\", \"basic\", \"query\", \"authorization\", "
                "\"path\", \"json\" and \"aws\" says how");
    }
}

/* RFC 3986, section 3.3: what every client sends as it is; without ";", which begins a parameter.
 */
static bool stands_in_segment(const char *s) {
    while (isalnum((unsigned char)*s) || (*s && strchr("-._~:@", *s)))
        s++;
    return *s == '\0';
}

/* In Credential=ID/DATE/REGION/SERVICE/aws4_request. */
static bool is_key_id(const char *s) {
    while (isalnum((unsigned char)*s) || (*s && strchr("-._", *s)))
        s++;
    return *s == '\0';
}

void check_placeholders(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        if (c->inject.path && c->placeholder.s && !stands_in_segment(c->placeholder.s))
            complain(reading, at_value(c->at, "placeholder"),
                     "in a path it has only letters, digits and - . _ ~ : @, which every client "
                     "sends as they are");
        if (c->inject.aws && c->placeholder.s && !is_key_id(c->placeholder.s))
            complain(reading, at_value(c->at, "placeholder"),
                     "as the id of a key it has only letters, digits and - . _");
        if (c->inject.aws && c->env.s && strcmp(c->env.s, "AWS_ACCESS_KEY_ID") != 0 &&
            strncmp(c->env.s, "AWS_", 4) == 0)
            complain(reading, at_value(c->at, "env"),
                     "the placeholder is the id of a key, so its variable is AWS_ACCESS_KEY_ID; "
                     "what AWS_SECRET_ACCESS_KEY holds does not matter");
    }
}

/* The header that it fills, "" for none; the proxy reads '_' as '-', as servers do. */
static const char *filled_header(struct arena *arena, const struct inject *inject) {
    bool authorization =
        inject->bearer || inject->basic.s || inject->authorization.s || inject->aws;
    const char *usual = authorization ? "authorization" : "";
    char *name = arena_copy(arena, inject->header.s ? inject->header.s : usual);
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    return name;
}

static bool same_way(struct arena *arena, const struct inject *a, const struct inject *b) {
    if (a->json.s || b->json.s)
        return a->json.s && b->json.s && strcmp(a->json.s, b->json.s) == 0;
    if (a->query.s || b->query.s)
        return a->query.s && b->query.s && strcmp(a->query.s, b->query.s) == 0;
    const char *header = filled_header(arena, a);
    return *header && words_equal_ignoring_case(header, filled_header(arena, b));
}

static const char *spelled(struct arena *arena, struct text path) {
    const char *readings[URL_PATH_READINGS];
    url_path_readings(arena, path.s, readings);
    return readings[0];
}

static bool meets(struct arena *arena, const struct text *a, size_t n, struct text path) {
    for (size_t i = 0; i < n; i++)
        if (path_patterns_meet(spelled(arena, a[i]), spelled(arena, path)))
            return true;
    return false;
}

/* Without any of its own it goes to every path. */
static bool share_a_path(struct arena *arena, const struct credential *a,
                         const struct credential *b) {
    for (size_t i = 0; a->paths.n && i < b->paths.n; i++)
        if (meets(arena, a->paths.v, a->paths.n, b->paths.v[i]))
            return true;
    return !a->paths.n || !b->paths.n;
}

static bool share_a_host(const struct credential *a, const struct credential *b) {
    for (size_t i = 0; i < a->hosts.n; i++)
        for (size_t k = 0; k < b->hosts.n; k++)
            if (host_covers(a->hosts.v[i], b->hosts.v[k]) ||
                host_covers(b->hosts.v[k], a->hosts.v[i]))
                return true;
    return false;
}

static void check_credential_pair(struct reading *reading, const struct credential *a,
                                  const struct credential *b) {
    if (strcmp(a->name.s, b->name.s) == 0)
        complain(reading, at_value(b->at, "name"), "another credential is called \"%s\"",
                 b->name.s);
    else if (strcmp(a->placeholder.s, b->placeholder.s) == 0)
        complain(reading, at_value(b->at, "placeholder"),
                 "credential \"%s\" has the same placeholder: the proxy could not tell them apart",
                 a->name.s);
    if (a->env.s && b->env.s && strcmp(a->env.s, b->env.s) == 0)
        complain(reading, at_value(b->at, "env"), "credential \"%s\" has the variable %s already",
                 a->name.s, b->env.s);
    if (same_way(reading->arena, &a->inject, &b->inject) && share_a_host(a, b) &&
        !(a->ask && b->ask) && share_a_path(reading->arena, a, b))
        complain(reading, at_value(b->at, "inject"),
                 "credential \"%s\" goes to the same host in the same place: give both \"ask\", so "
                 "that the placeholder says which, or \"paths\" that have nothing in common",
                 a->name.s);
}

void check_credential_names(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        for (size_t k = i + 1; k < spec->credentials.n; k++)
            check_credential_pair(reading, c, &spec->credentials.v[k]);
        for (size_t k = 0; c->env.s && k < spec->environment.n; k++)
            if (strcmp(c->env.s, spec->environment.v[k].name.s) == 0)
                complain(reading, at_value(c->at, "env"), "\"environment\" sets %s already",
                         c->env.s);
    }
}

static bool any_rule_covers(const struct spec *spec, struct host_pattern host,
                            bool (*fits)(enum scheme)) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        if (host_covers(rule->host, host) && fits(rule->scheme))
            return true;
    }
    return false;
}

static bool is_https(enum scheme scheme) {
    return scheme == SCHEME_HTTPS;
}

static bool is_any(enum scheme scheme) {
    (void)scheme;
    return true;
}

void check_credential_hosts(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        for (size_t k = 0; k < c->hosts.n; k++) {
            struct host_pattern host = c->hosts.v[k];
            if (any_rule_covers(spec, host, is_https))
                continue;
            const char *item =
                arena_printf(reading->arena, "%s%s", host.suffix ? "*." : "", host.name.s);
            if (any_rule_covers(spec, host, scheme_is_read))
                complain(reading, at_item(c->at, "hosts", item),
                         "the rules for \"%s\" are plain http; a credential goes only over https",
                         item);
            else if (any_rule_covers(spec, host, is_any))
                complain(reading, at_item(c->at, "hosts", item),
                         "the rules for \"%s\" pass bytes on unread (tcp, tls); a credential goes "
                         "only into https",
                         item);
            else
                complain(reading, at_item(c->at, "hosts", item),
                         "no rule lets \"%s\" through, so this credential could never be used",
                         item);
        }
    }
}

static bool any_rule_meets(struct arena *arena, const struct spec *spec, const struct credential *c,
                           struct text path) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        for (size_t k = 0; rule->scheme == SCHEME_HTTPS && k < c->hosts.n; k++)
            if ((host_covers(rule->host, c->hosts.v[k]) ||
                 host_covers(c->hosts.v[k], rule->host)) &&
                meets(arena, rule->paths.v, rule->paths.n, path))
                return true;
    }
    return false;
}

void check_credential_paths(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        check_path_readings(reading, c->at, "paths", c->paths.v, c->paths.n,
                            "its paths must have that in them");
        for (size_t k = 0; k < c->paths.n; k++)
            if (!any_rule_meets(reading->arena, spec, c, c->paths.v[k]))
                complain(reading, at_item(c->at, "paths", c->paths.v[k].s),
                         "no rule lets such a path of its hosts through, so this credential could "
                         "never be used there");
    }
}

static bool is_or_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

const char *source_in_reach(struct arena *arena, const struct spec *spec,
                            const struct source *source) {
    bool command = source->kind == SOURCE_COMMAND;
    const char *text = command ? source->command.s : source->path.s, *where = NULL;
    if ((source->kind != SOURCE_FILE && !command) || !text)
        return NULL;
    const char *path = arena_copy_n(arena, text, strcspn(text, " "));
    for (size_t k = 0; k < spec->workspaces.n; k++)
        if (is_or_below(path, spec->workspaces.v[k].path.s) ||
            is_or_below(path, spec->workspaces.v[k].darwin_path.s))
            where = "a workspace";
    for (size_t k = 0; k < spec->projects.roots.n; k++)
        if (is_or_below(path, spec->projects.roots.v[k].s))
            where = "a project";
    if (is_or_below(path, arena_printf(arena, "/home/%s", spec->user.name.s)) ||
        is_or_below(path, arena_printf(arena, "/Users/%s", spec->user.name.s)))
        where = "the agent's home";
    if (is_or_below(path, "/tmp") || is_or_below(path, "/var/tmp"))
        where = "a folder that everyone writes to";
    return where ? arena_printf(arena,
                                command ? "the program that gives the secret would lie in %s"
                                        : "the secret would lie in %s",
                                where)
                 : NULL;
}

void check_credential_places(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        const char *why = source_in_reach(reading->arena, spec, &c->source);
        if (why)
            complain(reading, at_value(c->at, "source"), "%s", why);
    }
}
