/* The authorities that a policy trusts towards servers. */
#include "engine/egress_private.h"

static void read_authority(struct egress_reading *r, const json_t *item, const char *where,
                           struct egress_authority *authority) {
    if (!egress_object(r, item, where, "certificates|hosts"))
        return;
    const char *at = egress_inside(r, where, "certificates");
    authority->certificates = egress_text(r, json_object_get(item, "certificates"), at);
    if (!json_object_get(item, "hosts"))
        return;
    at = egress_inside(r, where, "hosts");
    const json_t *hosts = egress_list(r, json_object_get(item, "hosts"), at);
    authority->host_count = json_array_size(hosts);
    if (!authority->host_count)
        egress_wrong(r, at, "one or more");
    authority->hosts =
        arena_alloc(r->arena, (authority->host_count + 1) * sizeof *authority->hosts);
    for (size_t i = 0; i < authority->host_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(hosts, i), at, "host suffix|"))
            authority->hosts[i] = egress_read_host(r, json_array_get(hosts, i), where);
}

void egress_read_authorities(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *list = json_object_get(top, "trust");
    if (!list)
        return;
    egress_list(r, list, "trust");
    egress->authority_count = json_array_size(list);
    egress->authorities =
        arena_alloc(r->arena, (egress->authority_count + 1) * sizeof *egress->authorities);
    for (size_t i = 0; i < egress->authority_count && !r->wrong; i++)
        read_authority(r, json_array_get(list, i), egress_item(r, "trust", i),
                       &egress->authorities[i]);
}

bool egress_trusts(const struct egress_authority *authority, const char *host) {
    return !authority->host_count ||
           egress_host_is_among(authority->hosts, authority->host_count, host);
}
