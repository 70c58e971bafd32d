#include "lint/narrower.h"
#include "spec/types.h"
#include "write/write_plain.h"

#include <stdint.h>
#include <string.h>

struct narrowing {
    struct arena *arena;
    const struct rule *rule;
    const struct use *use;
    struct buf *why;
    json_t *keys; /* what takes the place of the rule's keys */
    bool any;
    struct kept { /* of its paths */
        const char *path;
        unsigned at; /* which hosts: uses.h */
    } * paths;
    size_t path_count;
};

static void say(struct narrowing *n) {
    if (n->any)
        buf_lit(n->why, "; ");
    n->any = true;
}

static void comma(struct narrowing *n, size_t i) {
    if (i)
        buf_lit(n->why, ", ");
}

/* -- methods and ports -- */

/* Who may GET may HEAD: that is no news. */
static bool is_missed(const struct rule *rule, size_t method, const struct use *use) {
    if (use->methods[method])
        return false;
    if (strcmp(rule->methods.v[method].s, "HEAD") != 0)
        return true;
    for (size_t i = 0; i < rule->methods.n; i++)
        if (use->methods[i] && strcmp(rule->methods.v[i].s, "GET") == 0)
            return false;
    return true;
}

static void narrow_methods(struct narrowing *n) {
    json_t *kept = json_array();
    size_t missed = 0;
    for (size_t i = 0; i < n->rule->methods.n; i++) {
        if (!is_missed(n->rule, i, n->use)) {
            json_array_append_new(kept, json_string(n->rule->methods.v[i].s));
            continue;
        }
        if (!missed)
            say(n);
        if (!missed)
            buf_lit(n->why, "no request was a ");
        comma(n, missed++);
        buf_name(n->why, n->rule->methods.v[i]);
    }
    if (missed)
        json_object_set(n->keys, "methods", kept);
    json_decref(kept);
}

static void narrow_ports(struct narrowing *n) {
    json_t *kept = json_array();
    size_t missed = 0;
    for (size_t i = 0; i < n->rule->ports.n; i++) {
        if (n->use->ports[i]) {
            json_array_append_new(kept, json_integer(n->rule->ports.v[i]));
            continue;
        }
        if (!missed)
            say(n);
        if (!missed)
            buf_lit(n->why, "none was to port ");
        comma(n, missed++);
        buf_uint(n->why, (uint64_t)n->rule->ports.v[i]);
    }
    if (missed)
        json_object_set(n->keys, "ports", kept);
    json_decref(kept);
}

/* -- paths -- */

/* The folder that all of them lie in, where it is below the one that the pattern begins with. */
static const char *folder_below(struct arena *arena, const char *pattern, const char *folder) {
    size_t fixed = strcspn(pattern, "*");
    while (fixed && pattern[fixed - 1] != '/')
        fixed--;
    size_t n = folder ? strlen(folder) : 0;
    return n > fixed ? arena_printf(arena, "%s**", folder) : NULL;
}

static void keep(struct narrowing *n, const char *path, unsigned at) {
    n->paths[n->path_count++] = (struct kept){path, at};
}

static void keep_seen(struct narrowing *n, const struct use_of_path *use) {
    for (size_t i = 0; i < use->count; i++) {
        comma(n, i);
        plain_word(n->why, (struct text){use->seen[i]});
        keep(n, use->seen[i], use->seen_at[i]);
    }
}

/* Of one pattern: what of it was asked for is kept. */
static void narrow_path(struct narrowing *n, size_t path) {
    const struct use_of_path *use = &n->use->paths[path];
    const char *pattern = n->rule->paths.v[path].s, *folder;
    folder = use->many ? folder_below(n->arena, pattern, use->common) : NULL;
    if (use->any && (!strchr(pattern, '*') || (use->many && !folder))) {
        keep(n, pattern, use->any);
        return;
    }
    say(n);
    buf_lit(n->why, "of ");
    plain_word(n->why, (struct text){pattern});
    if (!use->any) {
        buf_lit(n->why, " nothing was asked for");
    } else if (folder) {
        buf_lit(n->why, " only what is in ");
        plain_word(n->why, (struct text){folder});
        keep(n, folder, use->any);
    } else {
        buf_lit(n->why, " only ");
        keep_seen(n, use);
    }
}

static void narrow_paths(struct narrowing *n) {
    n->paths = arena_alloc(n->arena, (n->rule->paths.n * USES_FEW + 1) * sizeof *n->paths);
    for (size_t i = 0; i < n->rule->paths.n; i++)
        narrow_path(n, i);
}

/* Those of some hosts, where they are not the rule's own. */
static void set_paths(const struct narrowing *n, json_t *rule, unsigned at) {
    json_t *paths = json_array();
    bool same = n->path_count == n->rule->paths.n;
    for (size_t i = 0; i < n->path_count; i++) {
        same = same && n->paths[i].at & at && strcmp(n->paths[i].path, n->rule->paths.v[i].s) == 0;
        if (n->paths[i].at & at)
            json_array_append_new(paths, json_string(n->paths[i].path));
    }
    if (!same)
        json_object_set(rule, "paths", paths);
    json_decref(paths);
}

/* -- hosts -- */

static bool narrows_hosts(const struct narrowing *n) {
    return n->rule->host.suffix && !n->use->many_hosts;
}

static void tell_hosts(struct narrowing *n) {
    say(n);
    buf_lit(n->why, "of ");
    buf_host(n->why, n->rule->host);
    buf_lit(n->why, " only ");
    for (size_t i = 0; i < n->use->host_count; i++) {
        comma(n, i);
        plain_word(n->why, (struct text){n->use->hosts[i]});
    }
    buf_lit(n->why, " was asked");
}

static json_t *narrowed(const struct narrowing *n, const char *host, unsigned at) {
    json_t *rule = json_copy((json_t *)(uintptr_t)n->rule->at);
    json_object_update(rule, n->keys);
    set_paths(n, rule, at);
    if (host)
        json_object_set_new(rule, "host", json_string(host));
    return rule;
}

json_t *narrower_rules(struct arena *arena, const struct rule *rule, const struct use *use,
                       struct buf *why) {
    struct narrowing n = {
        .arena = arena, .rule = rule, .use = use, .why = why, .keys = json_object()};
    json_t *rules = NULL;
    bool hosts = narrows_hosts(&n);
    if (hosts)
        tell_hosts(&n);
    narrow_methods(&n);
    narrow_ports(&n);
    narrow_paths(&n);
    if (n.any)
        rules = json_array();
    for (size_t i = 0; rules && hosts && i < use->host_count; i++)
        json_array_append_new(rules, narrowed(&n, use->hosts[i], 1u << i));
    if (rules && !hosts)
        json_array_append_new(rules, narrowed(&n, NULL, ~0u));
    json_decref(n.keys);
    return rules;
}

json_t *narrower_access(const struct rule *whole) {
    json_t *rule = json_copy((json_t *)(uintptr_t)whole->at);
    json_object_del(rule, "access");
    return json_pack("[o]", rule);
}

/* What a push asks first has the same path as what a fetch does; the log has no query. */
bool narrower_is_write(const struct rule *part) {
    for (size_t i = 0; i < part->methods.n; i++)
        if (strcmp(part->methods.v[i].s, "GET") == 0)
            return false;
    return part->paths.n && !strstr(part->paths.v[0].s, "git-upload-pack");
}
