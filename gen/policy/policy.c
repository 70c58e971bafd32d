#include "policy/policy_private.h"

#include <string.h>

/* In the order in which a reviewer wants them. A key of the schema that has no row here is told as
 * changed, without a direction. */
static const struct policy_topic topics[] = {
    {"network.enforcement", NULL, NULL, policy_more_enforcement, NULL},
    {"network.engine", NULL, NULL, NULL, policy_other_engine},
    {"network.capture", NULL, NULL, NULL, policy_other_capture},
    {"unenforced", "gap", "gaps", policy_more_unenforced, NULL},
    {"relax", "relaxation", "relaxations", policy_more_relax, NULL},
    {"network.rules", "host", "hosts", policy_more_rules, policy_other_rules},
    {"network.rules", "host", "hosts", policy_more_addresses, NULL},
    {"network.rules", "host", "hosts", policy_more_repositories, policy_other_repositories},
    {"network.mcp", "MCP server's tools", "MCP servers' tools", policy_more_mcp, policy_other_mcp},
    {"network.trust", "trusted authority", "trusted authorities", policy_more_trust, NULL},
    {"network.upstream", "way out", "ways out", policy_more_upstream, policy_other_upstream},
    {"network.cidrs", "range of addresses", "ranges of addresses", policy_more_cidrs,
     policy_other_cidrs},
    {"network.local_ports", "local port", "local ports", policy_more_local_ports, NULL},
    {"network.publish", "published port", "published ports", policy_more_publish, NULL},
    {"network.ask", NULL, NULL, NULL, policy_other_ask},
    {"grants", "right to grant", "rights to grant", policy_more_grants, policy_other_grants},
    {"credentials", "credential", "credentials", policy_more_credentials, policy_other_credentials},
    {"logins", "login", "logins", policy_more_logins, policy_other_logins},
    {"not_secrets", "text that looks like a secret", "texts that look like secrets",
     policy_more_not_secrets, NULL},
    {"workspaces", "workspace", "workspaces", policy_more_workspaces, NULL},
    {"hide", "pattern of files that are seen", "patterns of files that are seen", policy_more_hide,
     NULL},
    {"protect", "pattern of files that are written", "patterns of files that are written",
     policy_more_protect, NULL},
    {"unprotect", "pattern of files that are written", "patterns of files that are written",
     policy_more_unprotect, NULL},
    {"projects", "permission about projects", "permissions about projects", policy_more_projects,
     NULL},
    {"operators", "operator", "operators", policy_more_operators, NULL},
    {"signing", "right to sign", "rights to sign", policy_more_signing, policy_other_signing},
    {"require", "relaxed requirement", "relaxed requirements", policy_more_require, NULL},
    {"ssh", "permission of ssh", "permissions of ssh", policy_more_ssh, NULL},
    {"terminal", "permission of the terminal", "permissions of the terminal", policy_more_terminal,
     NULL},
    {"hosts", "target", "targets", policy_more_hosts, NULL},
    {"limits", "higher limit", "higher limits", policy_more_limits, NULL},
    {"agents", "preset", "presets", policy_more_agents, NULL},
    {"instructions", NULL, NULL, NULL, policy_other_instructions},
    {"managed", "agent with settings of its own outside",
     "agents with settings of their own outside", policy_more_managed, NULL},
    {"packages", "package", "packages", policy_more_packages, NULL},
    {"name", NULL, NULL, NULL, policy_other_name},
    {"user", NULL, NULL, NULL, policy_other_user},
    {"git", NULL, NULL, NULL, policy_other_git},
    {"environment", NULL, NULL, NULL, policy_other_environment},
    {"dotfiles", NULL, NULL, NULL, policy_other_dotfiles},
    {"inputs", NULL, NULL, NULL, policy_other_inputs},
    {"lock", NULL, NULL, NULL, policy_other_lock},
    {"tests", "test", "tests", NULL, policy_other_tests},
    {"accept", "accepted finding", "accepted findings", NULL, policy_other_accept},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static const struct policy_topic *find_topic(const char *key) {
    for (size_t i = 0; i < TOPICS; i++)
        if (strcmp(topics[i].key, key) == 0)
            return &topics[i];
    return NULL;
}

/* -- adding changes -- */

static struct policy_change *new_change(struct policy_diff *diff) {
    if (diff->n == diff->cap) {
        size_t cap = diff->cap ? 2 * diff->cap : 32;
        struct policy_change *v = arena_alloc(diff->arena, cap * sizeof *v);
        if (diff->n)
            memcpy(v, diff->v, diff->n * sizeof *v);
        diff->v = v;
        diff->cap = cap;
    }
    return &diff->v[diff->n++];
}

void policy_verb_(struct policy_run *run, struct policy_change *change, struct text verb,
                  const struct buf *subject) {
    BUF_CLEANUP struct buf b = {0};
    plain_again(&b, verb);
    plain_again(&b, (struct text){subject->data});
    change->subject = policy_keep(run, &b);
}

struct policy_change *policy_add(struct policy_run *run, const struct buf *sentence,
                                 const struct buf *subject) {
    struct policy_change *change = new_change(run->diff);
    *change = (struct policy_change){.direction = run->direction, .key = run->topic->key};
    change->count = 1;
    change->sentence = policy_keep(run, sentence);
    switch (run->direction) {
    case POLICY_WIDENS:
        policy_verb(run, change, "Allow ", subject);
        break;
    case POLICY_NARROWS:
        policy_verb(run, change, "Deny ", subject);
        break;
    case POLICY_OTHER:
        policy_verb(run, change, "Change ", subject);
        break;
    }
    return change;
}

/* -- what no topic told -- */

static bool told(const struct policy_diff *diff, const char *key) {
    for (size_t i = 0; i < diff->n; i++)
        if (strcmp(diff->v[i].key, key) == 0)
            return true;
    return false;
}

/* key is one of the object that both values are. */
static bool same_value(const struct key *key, const void *a, const void *b) {
    BUF_CLEANUP struct buf json_a = {0};
    BUF_CLEANUP struct buf json_b = {0};
    const struct object one = {.keys = key, .count = 1};
    struct json_writer j;
    jw_start(&j, &json_a);
    schema_write(&j, &one, a);
    jw_start(&j, &json_b);
    schema_write(&j, &one, b);
    return json_a.len == json_b.len && memcmp(json_a.data, json_b.data, json_a.len) == 0;
}

static void catch_key(struct policy_run *run, const struct key *key, const char *dotted,
                      const void *old, const void *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    const struct policy_topic *topic = find_topic(dotted), unknown = {.key = dotted};
    if (told(run->diff, dotted) || same_value(key, old, new))
        return;
    run->topic = topic ? topic : &unknown;
    bool same = topic && topic->more;
    if (same)
        buf_lit(&subject, "how ");
    buf_name(&subject, (struct name){dotted});
    buf_name(&sentence, (struct name){dotted});
    if (same)
        buf_lit(&subject, " is written");
    if (same)
        buf_lit(&sentence, ": written in another way, with the same meaning");
    else
        buf_lit(&sentence, ": changed");
    policy_add(run, &sentence, &subject);
}

/* So that only equal specs make an empty list, whatever keys there will be. */
static void catch_rest(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < spec_object.count; i++) {
        const struct key *key = &spec_object.keys[i];
        const struct object *inner = strcmp(key->name, "network") == 0 ? key->object : NULL;
        if (!inner)
            catch_key(run, key, key->name, old, new);
        for (size_t k = 0; inner && k < inner->count; k++)
            catch_key(run, &inner->keys[k],
                      arena_printf(run->arena, "network.%s", inner->keys[k].name), &old->network,
                      &new->network);
    }
}

/* Rules that read nothing of HTTP are compared as if they allowed one thing of it. Where there is
 * none, the spec itself. */
static const struct spec *with_methods(struct arena *arena, const struct spec *spec) {
    static struct name connect = {"CONNECT"}; /* only ever read, as the next */
    static struct text everywhere = {"/**"};
    struct spec *copy = NULL;
    for (size_t i = 0; spec && i < spec->network.rules.n; i++) {
        if (scheme_is_read(spec->network.rules.v[i].scheme))
            continue;
        if (!copy) {
            size_t size = spec->network.rules.n * sizeof(struct rule);
            copy = memcpy(arena_alloc(arena, sizeof *copy), spec, sizeof *copy);
            copy->network.rules.v = memcpy(arena_alloc(arena, size), spec->network.rules.v, size);
        }
        struct rule *rule = &copy->network.rules.v[i];
        rule->methods.v = &connect;
        rule->paths.v = &everywhere;
        rule->methods.n = rule->paths.n = 1;
    }
    return copy ? copy : spec;
}

static const struct spec *compared(struct arena *arena, const struct spec *spec) {
    return with_methods(arena, policy_without_repositories(arena, spec));
}

/* -- the comparison -- */

static void all_more(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < TOPICS; i++) {
        run->topic = &topics[i];
        if (run->topic->more)
            run->topic->more(run, less, more);
    }
}

void policy_compare(struct policy_diff *diff, const struct spec *old_spec,
                    const struct spec *new_spec, struct arena *arena) {
    static const struct spec nothing;
    const struct spec *old = compared(arena, old_spec), *new = compared(arena, new_spec);
    struct policy_run run = {.diff = diff, .arena = arena};
    *diff = (struct policy_diff){.first = !old, .arena = arena};
    run.direction = POLICY_WIDENS;
    all_more(&run, old ? old : &nothing, new);
    if (!old)
        return;
    run.direction = POLICY_NARROWS;
    all_more(&run, new, old);
    run.direction = POLICY_OTHER;
    for (size_t i = 0; i < TOPICS; i++) {
        run.topic = &topics[i];
        if (run.topic->other)
            run.topic->other(&run, old, new);
    }
    catch_rest(&run, old_spec, new_spec);
}

size_t policy_count(const struct policy_diff *diff, enum policy_direction direction) {
    size_t n = 0;
    for (size_t i = 0; i < diff->n; i++)
        n += diff->v[i].direction == direction;
    return n;
}

void policy_noun(const char *key, size_t n, struct buf *b) {
    const struct policy_topic *topic = find_topic(key);
    buf_uint(b, n);
    buf_lit(b, " ");
    if (!topic || !topic->one)
        buf_name(b, (struct name){n == 1 ? "setting" : "settings"});
    else
        buf_name(b, (struct name){n == 1 ? topic->one : topic->many});
}
