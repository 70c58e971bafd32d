/* The proxy that a policy sends what leaves through. */
#include "engine/egress_private.h"

#include <string.h>

static void read_except(struct egress_reading *r, const json_t *item,
                        struct egress_upstream *upstream) {
    static const char at[] = "upstream.except";
    if (!item)
        return;
    egress_list(r, item, at);
    upstream->except_count = json_array_size(item);
    if (!upstream->except_count)
        egress_wrong(r, at, "one or more");
    upstream->except =
        arena_alloc(r->arena, (upstream->except_count + 1) * sizeof *upstream->except);
    for (size_t i = 0; i < upstream->except_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(item, i), at, "host suffix|"))
            upstream->except[i] = egress_read_host(r, json_array_get(item, i), at);
}

void egress_read_upstream(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *item = json_object_get(top, "upstream");
    const json_t *user = json_object_get(item, "user");
    if (!item || !egress_object(r, item, "upstream",
                                user ? "host suffix port user source|addresses except tls"
                                     : "host suffix port|addresses except tls"))
        return;
    struct egress_upstream *upstream = arena_alloc(r->arena, sizeof *upstream);
    struct egress_host host = egress_read_host(r, item, "upstream");
    if (!r->wrong && host.suffix)
        egress_wrong(r, "upstream.suffix", "it is one host");
    upstream->host = host.host;
    upstream->port = egress_port(r, json_object_get(item, "port"), "upstream.port");
    if (json_object_get(item, "tls"))
        upstream->tls = egress_boolean(r, json_object_get(item, "tls"), "upstream.tls");
    upstream->password.name = UPSTREAM_PASSWORD;
    upstream->addresses = egress_read_ranges(r, item, "upstream");
    if (user)
        upstream->user = egress_basic_user(r, user, "upstream.user");
    if (user)
        egress_read_source(r, json_object_get(item, "source"), "upstream", &upstream->password);
    read_except(r, json_object_get(item, "except"), upstream);
    for (size_t i = 0; user && i < egress->credential_count && !r->wrong; i++)
        if (strcmp(egress->credentials[i].name, UPSTREAM_PASSWORD) == 0)
            egress_wrong(r, "credentials: name", "'%s' twice", UPSTREAM_PASSWORD);
    egress->upstream = upstream;
}
