/* Checks of credentials, and of secrets where none belong. */
#include "check.h"
#include "words.h"

#include <ctype.h>
#include <string.h>

void check_injections(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct inject *inject = &spec->credentials.v[i].inject;
        int n = (inject->header.s != NULL) + inject->bearer + (inject->basic.s != NULL) +
                (inject->query.s != NULL);
        if (n != 1 && inject->at)
            complain(reading, at_object(inject->at),
                     "exactly one of \"header\", \"bearer\", \"basic\" and \"query\" says how");
    }
}

/* The header that it fills, "" for none; the proxy reads '_' as '-', as servers do. */
static const char *filled_header(struct arena *arena, const struct inject *inject) {
    const char *usual = inject->bearer || inject->basic.s ? "authorization" : "";
    char *name = arena_copy(arena, inject->header.s ? inject->header.s : usual);
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    return name;
}

static bool same_way(struct arena *arena, const struct inject *a, const struct inject *b) {
    if (a->query.s || b->query.s)
        return a->query.s && b->query.s && strcmp(a->query.s, b->query.s) == 0;
    const char *header = filled_header(arena, a);
    return *header && words_equal_ignoring_case(header, filled_header(arena, b));
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
    if (same_way(reading->arena, &a->inject, &b->inject) && share_a_host(a, b))
        complain(reading, at_value(b->at, "inject"),
                 "credential \"%s\" goes to the same host in the same place", a->name.s);
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

static bool any_rule_covers(const struct spec *spec, struct host_pattern host, bool https_only) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        if (host_covers(rule->host, host) && (!https_only || rule->scheme == SCHEME_HTTPS))
            return true;
    }
    return false;
}

void check_credential_hosts(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        for (size_t k = 0; k < c->hosts.n; k++) {
            struct host_pattern host = c->hosts.v[k];
            if (any_rule_covers(spec, host, true))
                continue;
            const char *item =
                arena_printf(reading->arena, "%s%s", host.suffix ? "*." : "", host.name.s);
            if (any_rule_covers(spec, host, false))
                complain(reading, at_item(c->at, "hosts", item),
                         "the rules for \"%s\" are plain http; a credential goes only over https",
                         item);
            else
                complain(reading, at_item(c->at, "hosts", item),
                         "no rule lets \"%s\" through, so this credential could never be used",
                         item);
        }
    }
}

static bool is_or_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

void check_credential_places(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        if (c->source.kind != SOURCE_FILE)
            continue;
        const char *path = c->source.path.s, *where = NULL;
        for (size_t k = 0; k < spec->workspaces.n; k++)
            if (is_or_below(path, spec->workspaces.v[k].path.s) ||
                is_or_below(path, spec->workspaces.v[k].darwin_path.s))
                where = "a workspace";
        if (is_or_below(path, arena_printf(reading->arena, "/home/%s", spec->user.name.s)) ||
            is_or_below(path, arena_printf(reading->arena, "/Users/%s", spec->user.name.s)))
            where = "the agent's home";
        if (is_or_below(path, "/tmp") || is_or_below(path, "/var/tmp"))
            where = "a folder that everyone writes to";
        if (where)
            complain(reading, at_value(c->at, "source"), "the secret would lie in %s", where);
    }
}

/* -- secrets -- */

/* How well-known secrets begin, and how long they are at least; from their makers' documents. */
static const struct {
    const char *prefix;
    size_t length;
} secret_shapes[] = {
    {"sk-ant-", 40},    {"sk-proj-", 40}, {"sk-", 40},     {"ghp_", 36},
    {"gho_", 36},       {"ghu_", 36},     {"ghs_", 36},    {"github_pat_", 40},
    {"glpat-", 20},     {"npm_", 36},     {"AKIA", 20},    {"ASIA", 20},
    {"AIza", 39},       {"ya29.", 30},    {"xoxb-", 20},   {"xoxp-", 20},
    {"xapp-", 20},      {"hf_", 30},      {"pypi-", 40},   {"sk_live_", 20},
    {"rk_live_", 20},   {"SG.", 40},      {"dop_v1_", 40}, {"AGE-SECRET-KEY-", 40},
    {"eyJhbGciOi", 40},
};

static size_t token_length(const char *s) {
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_-.", s[n])))
        n++;
    return n;
}

static bool says_placeholder(const char *s, size_t n) {
    for (size_t i = 0; i + 11 <= n; i++)
        if (words_starts_ignoring_case(s + i, "placeholder"))
            return true;
    return false;
}

static bool holds_secret(const char *s) {
    if (strstr(s, "-----BEGIN ") && strstr(s, "PRIVATE KEY-----"))
        return true;
    for (const char *p = s; *p; p++) {
        if (p > s && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
            continue;
        size_t n = token_length(p);
        for (size_t i = 0; i < sizeof secret_shapes / sizeof *secret_shapes; i++)
            if (n >= secret_shapes[i].length && !says_placeholder(p, n) &&
                strncmp(p, secret_shapes[i].prefix, strlen(secret_shapes[i].prefix)) == 0)
                return true;
    }
    return false;
}

static bool named_like_a_secret(const char *name) {
    static const char *const endings[] = {"_KEY",    "_TOKEN",      "_SECRET",  "PASSWORD",
                                          "_PASSWD", "_CREDENTIAL", "_API_KEY", NULL};
    size_t n = strlen(name);
    for (size_t i = 0; endings[i]; i++) {
        size_t m = strlen(endings[i]);
        if (n >= m && words_equal_ignoring_case(name + n - m, endings[i]))
            return true;
    }
    return false;
}

/* Sixteen or more characters of one token, letters and digits mixed. */
static bool random_looking(const char *s) {
    size_t n = token_length(s);
    bool letter = false, digit = false;
    for (size_t i = 0; i < n; i++) {
        letter = letter || isalpha((unsigned char)s[i]);
        digit = digit || isdigit((unsigned char)s[i]);
    }
    return n >= 16 && !s[n] && letter && digit && !says_placeholder(s, n);
}

static const char secret_advice[] =
    "it looks like a secret; a spec is shared: put the secret into a file of root's and name it in "
    "\"credentials\"";

static void check_words(struct reading *reading, written at, const char *key, struct text text) {
    if (text.s && holds_secret(text.s))
        complain(reading, at_value(at, key), "%s", secret_advice);
}

static void check_remarks(struct reading *reading, const struct spec *spec) {
    check_words(reading, spec->git.at, "name", spec->git.name);
    check_words(reading, spec->git.at, "email", spec->git.email);
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        check_words(reading, rule->at, "owner", rule->owner);
        check_words(reading, rule->at, "reason", rule->reason);
    }
    for (size_t i = 0; i < spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &spec->network.cidrs.v[i];
        check_words(reading, rule->at, "owner", rule->owner);
        check_words(reading, rule->at, "reason", rule->reason);
    }
}

void check_secrets(struct reading *reading, const struct spec *spec) {
    check_remarks(reading, spec);
    for (size_t i = 0; i < spec->environment.n; i++) {
        const struct variable *v = &spec->environment.v[i];
        if (holds_secret(v->value.s) ||
            (named_like_a_secret(v->name.s) && random_looking(v->value.s)))
            complain(reading, at_value(spec->environment_at, v->name.s), "%s", secret_advice);
    }
    for (size_t i = 0; i < spec->dotfiles.n; i++) {
        const struct dotfile *d = &spec->dotfiles.v[i];
        check_words(reading, d->at, "text", d->text);
    }
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        if (c->placeholder.s && holds_secret(c->placeholder.s))
            complain(reading, at_value(c->at, "placeholder"),
                     "it looks like the secret itself; a placeholder says so: put the word "
                     "\"placeholder\" into it");
    }
}
