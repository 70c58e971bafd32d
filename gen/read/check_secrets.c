/* Checks of secrets where none belong. */
#include "read/check.h"
#include "spec/look_alike.h"

#include <string.h>

/* One walk over the texts of a spec in which a secret could stand. */
struct walk {
    struct reading *reading;
    const struct spec *spec;
    bool *used; /* of "not_secrets": which are found; NULL: what is not allowed is a mistake */
};

static const char secret_advice[] =
    "a spec is shared: put the secret into a file of root's and name it in \"credentials\"; if it "
    "is none, name all of it in \"not_secrets\"";
static const char placeholder_advice[] =
    "a placeholder says so: put the word \"placeholder\" into it; if it is no secret, name all of "
    "it in \"not_secrets\"";

/* False where it was refused. */
static bool weigh(const struct walk *walk, written at, const char *key, struct look_alike it) {
    const struct spec *spec = walk->spec;
    for (size_t i = 0; i < spec->not_secrets.n; i++) {
        const char *s = spec->not_secrets.v[i].s;
        if (strncmp(s, it.s, it.n) != 0 || s[it.n])
            continue;
        if (walk->used)
            walk->used[i] = true;
        return true;
    }
    if (walk->used)
        return true;
    bool placeholder = strcmp(key, "placeholder") == 0 && at != spec->environment_at;
    char shown[LOOK_ALIKE_SHOWN];
    look_alike_short(it, shown);
    complain(walk->reading, at_value(at, key), "\"%s\" (%zu bytes) looks like %s; %s", shown, it.n,
             placeholder ? "the secret itself" : "a secret",
             placeholder ? placeholder_advice : secret_advice);
    return false;
}

/* A text has one mistake at most: each is looked up in the file again. */
static void walk_text(const struct walk *walk, written at, const char *key, struct text text) {
    struct look_alike it;
    const char *from = text.s;
    while (from && look_alike_next(text.s, &from, &it) && weigh(walk, at, key, it))
        continue;
}

static void walk_network(const struct walk *walk, const struct network *network) {
    for (size_t i = 0; i < network->written_rules.n; i++) {
        const struct rule *rule = &network->written_rules.v[i];
        walk_text(walk, rule->at, "owner", rule->owner);
        walk_text(walk, rule->at, "reason", rule->reason);
    }
    for (size_t i = 0; i < network->mcp.n; i++) {
        const struct mcp_server *server = &network->mcp.v[i];
        walk_text(walk, server->at, "url", (struct text){server->url.path.s});
        walk_text(walk, server->at, "owner", server->owner);
        walk_text(walk, server->at, "reason", server->reason);
    }
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        walk_text(walk, rule->at, "owner", rule->owner);
        walk_text(walk, rule->at, "reason", rule->reason);
    }
}

static void walk_spec(const struct walk *walk) {
    const struct spec *spec = walk->spec;
    walk_text(walk, spec->git.at, "name", spec->git.name);
    walk_text(walk, spec->git.at, "email", spec->git.email);
    walk_network(walk, &spec->network);
    for (size_t i = 0; i < spec->environment.n; i++) {
        const struct variable *v = &spec->environment.v[i];
        struct look_alike whole = {v->value.s, strlen(v->value.s)};
        if (look_alike_variable(v->name.s, v->value.s))
            weigh(walk, spec->environment_at, v->name.s, whole);
        else
            walk_text(walk, spec->environment_at, v->name.s, v->value);
    }
    for (size_t i = 0; i < spec->dotfiles.n; i++)
        walk_text(walk, spec->dotfiles.v[i].at, "text", spec->dotfiles.v[i].text);
    for (size_t i = 0; i < spec->credentials.n; i++)
        walk_text(walk, spec->credentials.v[i].at, "placeholder",
                  spec->credentials.v[i].placeholder);
}

void check_secrets(struct reading *reading, const struct spec *spec) {
    walk_spec(&(struct walk){reading, spec, NULL});
}

void check_not_secrets(struct reading *reading, const struct spec *spec) {
    struct walk walk = {reading, spec,
                        arena_alloc(reading->arena, spec->not_secrets.n * sizeof(bool))};
    if (spec->not_secrets.n == 0)
        return;
    walk_spec(&walk);
    for (size_t i = 0; i < spec->not_secrets.n; i++)
        if (!walk.used[i])
            complain(reading, at_item(spec->at, "not_secrets", spec->not_secrets.v[i].s),
                     "nothing that looks like a secret in this spec is exactly this text; take it "
                     "out, lest it let a secret pass later");
}
