#include "lint/hosts.h"
#include "spec/types.h"

#include <stdlib.h>
#include <string.h>

struct hosts {
    struct entry {
        const struct rule *rule;
        size_t number;
    } * v; /* by their names from behind, so that what is below a name stands behind it */
    size_t n;
};

/* How a comes to stand to b, from behind; a dot comes before all else. n: of how much of a. */
static int from_behind(const char *a, size_t n, const char *b) {
    size_t m = strlen(b);
    while (n && m && a[n - 1] == b[m - 1])
        n--, m--;
    if (!n || !m)
        return !m - !n; /* what is shorter comes first */
    if (a[n - 1] == '.' || b[m - 1] == '.')
        return a[n - 1] == '.' ? -1 : 1;
    return a[n - 1] < b[m - 1] ? -1 : 1;
}

static int by_name(const void *x, const void *y) {
    const struct entry *a = x, *b = y;
    const char *name = a->rule->host.name.s;
    int order = from_behind(name, strlen(name), b->rule->host.name.s);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

struct hosts *hosts_make(struct arena *arena, const struct rule *rules, const size_t *numbers,
                         size_t n) {
    struct hosts *hosts = arena_alloc(arena, sizeof *hosts);
    hosts->v = arena_alloc(arena, (n + 1) * sizeof *hosts->v);
    hosts->n = n;
    for (size_t i = 0; i < n; i++)
        hosts->v[i] = (struct entry){&rules[numbers[i]], numbers[i]};
    if (n)
        qsort(hosts->v, n, sizeof *hosts->v, by_name);
    return hosts;
}

static size_t first_of(const struct hosts *hosts, const char *name) {
    size_t low = 0, high = hosts->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = hosts->v[middle].rule->host.name.s;
        if (from_behind(other, strlen(other), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_or_below(const char *name, const char *other) {
    size_t n = strlen(name), m = strlen(other);
    return m >= n && strcmp(other + m - n, name) == 0 && (m == n || other[m - n - 1] == '.');
}

bool hosts_each(const struct hosts *hosts, struct host_pattern host,
                bool (*found)(size_t number, void *context), void *context) {
    for (const char *name = host.name.s; name;) {
        bool own = name == host.name.s;
        for (size_t i = first_of(hosts, name); i < hosts->n; i++) {
            const struct rule *rule = hosts->v[i].rule;
            if (own && host.suffix ? !is_or_below(name, rule->host.name.s)
                                   : strcmp(name, rule->host.name.s) != 0)
                break;
            if ((host_covers(host, rule->host) || host_covers(rule->host, host)) &&
                found(hosts->v[i].number, context))
                return true;
        }
        name = strchr(name, '.');
        name = name ? name + 1 : NULL;
    }
    return false;
}
