/* Checks of specs beside each other. */
#include "read/check_together.h"
#include "base/die.h"
#include "plan/managed.h"
#include "read/defaults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add(struct claims *claims, struct claim claim) {
    if (claims->n == claims->cap) {
        claims->cap = claims->cap ? 2 * claims->cap : 16;
        claims->v = must_realloc(claims->v, claims->cap * sizeof *claims->v);
    }
    claim.host = must_copy(claim.host);
    claim.name = claim.name ? must_copy(claim.name) : NULL;
    claims->v[claims->n++] = claim;
}

static void add_name(struct claims *claims, struct claim claim, enum claim_kind kind,
                     const char *name) {
    claim.kind = kind;
    claim.name = must_copy(name);
    add(claims, claim);
    free(claim.name);
}

static void add_number(struct claims *claims, struct claim claim, enum claim_kind kind,
                       int64_t number) {
    claim.kind = kind;
    claim.number = number;
    add(claims, claim);
}

void claims_add(struct claims *claims, const struct plan *plan, size_t owner) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < plan->spec->hosts.n; i++) {
        char *host = must_copy(plan->spec->hosts.v[i].name.s);
        const struct claim claim = {.owner = owner, .host = host, .uid = plan->agent_uid};
        add_name(claims, claim, CLAIM_AGENT_NAME, plan->agent.s);
        add_name(claims, claim, CLAIM_OUR_NAME, plan->proxy.s);
        add_name(claims, claim, CLAIM_OUR_NAME, plan->relay.s);
        add_name(claims, claim, CLAIM_OUR_NAME, plan->share.s);
        for (size_t k = 0; k < plan->spec->operators.n; k++)
            add_name(claims, claim, CLAIM_OPERATOR, plan->spec->operators.v[k].s);
        add_number(claims, claim, CLAIM_UID, plan->agent_uid);
        add_number(claims, claim, CLAIM_SHARE, plan->share_gid);
        add_number(claims, claim, CLAIM_PROXY_PORT, plan->proxy_port);
        for (size_t k = 0; k < network->publish.n; k++)
            add_number(claims, claim, CLAIM_PUBLISH, network->publish.v[k]);
        for (size_t k = 0; k < network->local_ports.n; k++)
            add_number(claims, claim, CLAIM_LOCAL_PORT, network->local_ports.v[k]);
        for (size_t k = 0; k < plan->spec->managed.n; k++)
            add_name(claims, claim, CLAIM_MANAGED, managed_files[plan->spec->managed.v[k]].agent.s);
        free(host);
    }
}

void claims_take(struct claims *claims, struct claims *from) {
    for (size_t i = 0; i < from->n; i++)
        add(claims, from->v[i]);
    claims_free(from);
}

void claims_free(struct claims *claims) {
    for (size_t i = 0; i < claims->n; i++) {
        free(claims->v[i].host);
        free(claims->v[i].name);
    }
    free(claims->v);
    *claims = (struct claims){0};
}

/* The claims that may clash have one space and one value: names, ids by twos, ports, agents. */
enum space { NAMES, IDS, PORTS, SETTINGS };

static enum space space_of(const struct claim *claim) {
    if (claim->kind == CLAIM_MANAGED)
        return SETTINGS;
    return claim->kind <= CLAIM_OPERATOR ? NAMES : claim->kind <= CLAIM_SHARE ? IDS : PORTS;
}

static int64_t value_of(const struct claim *claim) {
    return space_of(claim) == IDS ? claim->number / 2 : claim->number;
}

static int by_value(const struct claim *a, const struct claim *b) {
    int order = strcasecmp(a->host, b->host);
    if (!order)
        order = (space_of(a) > space_of(b)) - (space_of(a) < space_of(b));
    if (!order && a->name)
        order = strcmp(a->name, b->name);
    if (!order)
        order = (value_of(a) > value_of(b)) - (value_of(a) < value_of(b));
    return order;
}

static int by_value_and_kind(const void *x, const void *y) {
    const struct claim *a = x, *b = y;
    int order = by_value(a, b);
    if (!order)
        order = (a->kind > b->kind) - (a->kind < b->kind);
    return order ? order : (a->owner > b->owner) - (a->owner < b->owner);
}

static bool is_used(const struct claim *claim) {
    return claim->kind == CLAIM_OPERATOR || claim->kind == CLAIM_LOCAL_PORT;
}

/* a's kind comes first. Of one uid, the uid alone is told; a port that is published may be used. */
static bool clash(const struct claim *a, const struct claim *b) {
    if (a->owner == b->owner || is_used(a))
        return false;
    if (a->kind == b->kind && a->kind != CLAIM_UID && a->uid == b->uid)
        return a->kind != CLAIM_SHARE && a->kind != CLAIM_PROXY_PORT;
    return b->kind != CLAIM_LOCAL_PORT || a->kind == CLAIM_PROXY_PORT;
}

static const struct claim *first_clash(const struct claim *group, const struct claim *claim) {
    for (const struct claim *other = group; other < claim && !is_used(other); other++)
        if (clash(other, claim))
            return other;
    return NULL;
}

void claims_find(struct claims *claims, void (*found)(const struct clash *clash, void *context),
                 void *context) {
    if (claims->n)
        qsort(claims->v, claims->n, sizeof *claims->v, by_value_and_kind);
    const struct claim *group = claims->v;
    for (size_t i = 0; i < claims->n; i++) {
        const struct claim *claim = &claims->v[i];
        if (by_value(group, claim) != 0)
            group = claim;
        const struct claim *other = first_clash(group, claim);
        if (other && other->owner < claim->owner)
            found(&(struct clash){other, claim}, context);
        else if (other)
            found(&(struct clash){claim, other}, context);
    }
}

/* What follows from the sandbox's name is told of that. */
static struct aim at_uid(const struct spec *spec) {
    bool own = spec->user.uid != default_uid(spec->name.s);
    return own ? at_value(spec->user.at, "uid") : at_value(spec->at, "name");
}

static struct aim at_name(const struct spec *spec, const char *clashing) {
    bool own = strcmp(spec->user.name.s, clashing) == 0 && strncmp(clashing, "agent-", 6) != 0;
    return own ? at_value(spec->user.at, "name") : at_value(spec->at, "name");
}

static struct aim at_port(struct reading *reading, const struct spec *spec, const char *key,
                          int64_t port) {
    return at_item(spec->network.at, key, arena_printf(reading->arena, "%" PRId64, port));
}

#define BESIDE "on the machine \"%s\" it stands beside \"%s\" (%s)"

void clash_tell(struct reading *reading, const struct spec *spec, const struct clash *clash,
                const char *name, const char *path) {
    const struct claim *b = clash->b;
    switch (b->kind) {
    case CLAIM_AGENT_NAME:
    case CLAIM_OUR_NAME:
        complain(reading, at_name(spec, b->name),
                 BESIDE ", which has a user or group \"%s\" too: give one of the agents another "
                        "\"name\" in \"user\"",
                 b->host, name, path, b->name);
        break;
    case CLAIM_OPERATOR:
        complain(reading, at_item(spec->at, "operators", b->name),
                 BESIDE ", of which \"%s\" is a user: an operator is a person", b->host, name, path,
                 b->name);
        break;
    case CLAIM_UID:
    case CLAIM_SHARE:
        complain(reading, at_uid(spec),
                 BESIDE ", and their users or groups would share an id (\"uid\" is %" PRId64
                        " here): give one of them another even \"uid\" in \"user\"",
                 b->host, name, path, b->uid);
        break;
    case CLAIM_PROXY_PORT:
        complain(reading, at_uid(spec),
                 BESIDE ", which uses the port of this one's proxy, %" PRId64
                        " (it follows from \"uid\")",
                 b->host, name, path, b->number);
        break;
    case CLAIM_PUBLISH:
        complain(reading, at_port(reading, spec, "publish", b->number),
                 BESIDE ", which has port %" PRId64 " already", b->host, name, path, b->number);
        break;
    case CLAIM_LOCAL_PORT:
        complain(reading, at_port(reading, spec, "local_ports", b->number),
                 BESIDE ", whose proxy is what listens on port %" PRId64, b->host, name, path,
                 b->number);
        break;
    case CLAIM_MANAGED:
        complain(reading, at_item(spec->at, "managed", b->name),
                 BESIDE ", which manages the settings of %s already: a machine has them once",
                 b->host, name, path, b->name);
        break;
    }
}
