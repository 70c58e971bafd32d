#include "engine/tunnel.h"
#include "base/die.h"
#include "engine/admit_line.h"
#include "engine/dial.h"
#include "engine/journal.h"
#include "engine/traffic.h"
#include "engine/way.h"
#include "engine/world.h"

#include <stdlib.h>

/* Of a connection that one side has ended its half of: the other side's silence after it. A client
 * that has gone looks like one that waits for a long answer; a server that has ended has little to
 * hear. */
enum { ANSWER_SECONDS = 3600, REST_SECONDS = 600 };

struct tunnel {
    struct client *client;
    enum egress_scheme scheme;
    struct dial *dial;     /* until it stands */
    struct conn *server;   /* from then on */
    struct way *way;       /* that it was opened by */
    struct ceiling *bytes; /* or NULL */
    struct traffic *traffic;
    bool client_done, server_done;
    unsigned idle; /* seconds */
};

void tunnel_free(struct tunnel *tunnel) {
    if (!tunnel)
        return;
    if (tunnel->dial)
        dial_cancel(tunnel->dial);
    if (tunnel->server)
        conn_close(tunnel->server);
    way_free(tunnel->way);
    ceiling_unref(tunnel->bytes);
    free(tunnel);
}

/* Both sides see that something is missing. */
static void cut(struct tunnel *tunnel) {
    struct client *client = tunnel->client;
    struct conn *conn = client->conn;
    if (tunnel->server)
        conn_reset(tunnel->server);
    tunnel->server = NULL;
    client_free(client);
    conn_reset(conn);
}

static void finish(struct tunnel *tunnel) {
    struct client *client = tunnel->client;
    struct conn *conn = client->conn;
    client_free(client);
    conn_close(conn);
}

static void tell_cut(const struct client *client, enum egress_scheme scheme, const char *reason) {
    journal_write(json_pack("{s:s, s:s, s:s, s:i, s:s}", "event", "tunnel-cut", "scheme",
                            egress_scheme_word(scheme), "host", client->host, "port", client->port,
                            "reason", reason));
}

/* False: it is cut. */
static bool has_room(struct tunnel *tunnel, size_t length) {
    if (!tunnel->bytes || ceiling_takes(tunnel->bytes, world_now(), length))
        return true;
    struct arena *arena = arena_new();
    tell_cut(tunnel->client, tunnel->scheme, ceiling_reason(tunnel->bytes, NULL, arena));
    arena_free(arena);
    cut(tunnel);
    return false;
}

static void count(struct tunnel *tunnel, const struct conn *from, size_t length) {
    if (from == tunnel->server)
        traffic_received(tunnel->traffic, length);
    else
        traffic_sent(tunnel->traffic, length);
}

static size_t pass(struct tunnel *tunnel, struct conn *from, struct conn *to, const char *data,
                   size_t length) {
    tunnel->idle = 0;
    if (!has_room(tunnel, length))
        return length;
    count(tunnel, from, length);
    conn_write(to, data, length);
    if (conn_is_full(to))
        conn_pause(from);
    return length;
}

void tunnel_passed(struct tunnel *tunnel, size_t length) {
    count(tunnel, tunnel->client->conn, length);
    tunnel->idle = 0;
}

/* -- the client's side -- */

size_t tunnel_data(struct tunnel *tunnel, const char *data, size_t length) {
    struct conn *client = tunnel->client->conn;
    if (tunnel->server)
        return pass(tunnel, client, tunnel->server, data, length);
    conn_pause(client);
    return 0;
}

void tunnel_drained(struct tunnel *tunnel) {
    if (tunnel->server)
        conn_resume(tunnel->server);
}

void tunnel_ended(struct tunnel *tunnel, const char *why) {
    tunnel->client_done = true;
    tunnel->idle = 0;
    if (why || tunnel->server_done) {
        if (why)
            cut(tunnel);
        else
            finish(tunnel);
    } else if (tunnel->server) {
        conn_shut(tunnel->server);
    }
}

/* -- the server's -- */

static size_t on_data(void *owner, const char *data, size_t length) {
    struct tunnel *tunnel = owner;
    return pass(tunnel, tunnel->server, tunnel->client->conn, data, length);
}

static void on_drained(void *owner) {
    conn_resume(((struct tunnel *)owner)->client->conn);
}

static void on_ended(void *owner, const char *why) {
    struct tunnel *tunnel = owner;
    tunnel->server_done = true;
    tunnel->idle = 0;
    if (why)
        cut(tunnel);
    else if (tunnel->client_done)
        finish(tunnel);
    else
        conn_shut(tunnel->client->conn);
}

static void nothing(void *owner) {
    (void)owner;
}

static void on_passed(void *owner, size_t length) {
    struct tunnel *tunnel = owner;
    count(tunnel, tunnel->server, length);
    tunnel->idle = 0;
}

static const struct conn_events events = {on_data, nothing,  on_drained,
                                          nothing, on_ended, on_passed};

/* -- its beginning -- */

static void opened(void *owner, struct conn *conn) {
    struct tunnel *tunnel = owner;
    tunnel->dial = NULL;
    tunnel->server = conn;
    conn_own(conn, &events, tunnel);
    conn_halve(conn);
    if (!tunnel->bytes) /* what is not read is counted too late */
        conn_join(tunnel->client->conn, conn);
    client1_tunnel_stands(tunnel->client);
    if (tunnel->client_done)
        conn_shut(conn);
}

static void tell_not_public(const struct tunnel *tunnel, const struct addrinfo *found) {
    const struct client *client = tunnel->client;
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "event", "decision", "verdict",
                             "deny", "reason", "agent-sandbox: the name has no public address",
                             "scheme", egress_scheme_word(tunnel->scheme), "method", "CONNECT",
                             "host", client->host, "port", client->port);
    line_set(line, "addresses", line_addresses(found));
    journal_write(line);
}

static void failed(void *owner, int status, const char *why, const struct addrinfo *found) {
    struct tunnel *tunnel = owner;
    struct client *client = tunnel->client;
    tunnel->dial = NULL;
    if (status == 403)
        tell_not_public(tunnel, found);
    client->tunnel = NULL;
    tunnel_free(tunnel);
    client1_tunnel_failed(client, status, why);
}

static const struct dial_events dial_events = {opened, failed};

struct tunnel *tunnel_open(struct client *client, enum egress_scheme scheme,
                           const struct ceiling_set *ceilings) {
    struct tunnel *tunnel = must_alloc(sizeof *tunnel);
    *tunnel = (struct tunnel){
        .client = client, .scheme = scheme, .way = way_towards(client->proxy, client->host)};
    if (ceilings && ceilings->v[CEILING_BYTES])
        tunnel->bytes = ceiling_ref(ceilings->v[CEILING_BYTES]);
    tunnel->traffic = traffic_of(egress_scheme_word(scheme), client->host, client->port);
    conn_pause(client->conn);
    conn_halve(client->conn);
    tunnel->dial =
        dial_start(client->proxy, client->host, client->port, DIAL_CLEAR, &dial_events, tunnel);
    return tunnel;
}

/* -- its end by others -- */

void tunnel_tick(struct tunnel *tunnel) {
    unsigned most = tunnel->server_done ? REST_SECONDS : ANSWER_SECONDS;
    if (++tunnel->idle > most && (tunnel->client_done || tunnel->server_done))
        cut(tunnel);
}

/* Whether its rule would let it be opened today. */
static bool is_allowed(const struct tunnel *tunnel) {
    const struct client *client = tunnel->client;
    const struct egress *egress = client->proxy->egress;
    struct egress_tunnel asked;
    struct arena *arena = arena_new();
    egress_ask_tunnel(egress, client->host, client->port, world_today(), arena, &asked);
    json_decref(asked.answer.missing);
    arena_free(arena);
    return egress->audit || (asked.answer.allowed && asked.scheme == tunnel->scheme);
}

static bool may_be_there(const struct tunnel *tunnel, const struct way *way) {
    const struct client *client = tunnel->client;
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (!tunnel->server ||
        getpeername(conn_file(tunnel->server), (struct sockaddr *)&peer, &size) != 0)
        return true;
    struct arena *arena = arena_new();
    struct ranges ranges = way ? way->addresses
                               : egress_addresses(client->proxy->egress, client->host, client->port,
                                                  world_today(), arena);
    bool may = world_may_reach((const struct sockaddr *)&peer, ranges.v, ranges.n);
    arena_free(arena);
    return may;
}

static const char *why_not_today(const struct tunnel *tunnel) {
    struct way *way = way_towards(tunnel->client->proxy, tunnel->client->host);
    const char *why = NULL;
    if (!is_allowed(tunnel))
        why = "no rule allows it any more";
    else if (!ways_alike(tunnel->way, way))
        why = "it would go another way now";
    else if (!may_be_there(tunnel, way))
        why = "it may not have this address any more";
    way_free(way);
    return why;
}

void tunnels_judge(struct proxy *proxy) {
    for (struct client *client = proxy->clients, *next; client; client = next) {
        struct tunnel *tunnel = client->tunnel;
        const char *why = tunnel ? why_not_today(tunnel) : NULL;
        next = client->next;
        if (!why)
            continue;
        tell_cut(client, tunnel->scheme, why);
        cut(tunnel);
    }
}
