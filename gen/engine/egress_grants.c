/* What of a policy says what operators may grant, and what is asked about. */
#include "engine/egress_private.h"

#include <string.h>

enum { LONGEST_GRANT = 366 * 86400, LONGEST_WAIT = 600 };

static int64_t read_seconds(struct egress_reading *r, const json_t *item, const char *where,
                            int most) {
    const json_t *seconds = json_object_get(item, "seconds");
    if (!json_is_integer(seconds) || json_integer_value(seconds) < 1 ||
        json_integer_value(seconds) > most)
        egress_wrong(r, egress_inside(r, where, "seconds"), "a number, 1 to %d", most);
    return json_integer_value(seconds);
}

/* Any where there is no list. */
static void read_hosts(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_grantable *out) {
    const json_t *hosts = json_object_get(item, "hosts");
    const char *at = egress_inside(r, where, "hosts");
    if (!hosts)
        return;
    egress_list(r, hosts, at);
    out->host_count = json_array_size(hosts);
    if (!out->host_count)
        egress_wrong(r, at, "one or more");
    out->hosts = arena_alloc(r->arena, (out->host_count + 1) * sizeof *out->hosts);
    for (size_t i = 0; i < out->host_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(hosts, i), at, "host suffix|"))
            out->hosts[i] = egress_read_host(r, json_array_get(hosts, i), at);
}

void egress_read_grants(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *grants = json_object_get(top, "grants"), *ask = json_object_get(top, "ask");
    if (ask && !grants)
        egress_wrong(r, "policy", "grants is missing, which ask needs");
    if (grants && egress_object(r, grants, "grants", "seconds|hosts methods")) {
        egress->grants = arena_alloc(r->arena, sizeof *egress->grants);
        egress->grants->seconds = read_seconds(r, grants, "grants", LONGEST_GRANT);
        read_hosts(r, grants, "grants", egress->grants);
        if (json_object_get(grants, "methods"))
            egress->grants->methods =
                egress_read_texts(r, grants, "methods", "grants", egress_read_method);
    }
    if (ask && !r->wrong && egress_object(r, ask, "ask", "seconds|hosts")) {
        egress->ask = arena_alloc(r->arena, sizeof *egress->ask);
        egress->ask->seconds = read_seconds(r, ask, "ask", LONGEST_WAIT);
        read_hosts(r, ask, "ask", egress->ask);
    }
}

bool egress_is_grantable(const struct egress_grantable *most, const char *host,
                         const char *method) {
    const char *const *one = most->methods;
    while (one && *one && strcmp(*one, method) != 0)
        one++;
    return (!one || *one) &&
           (!most->hosts || egress_host_is_among(most->hosts, most->host_count, host));
}
