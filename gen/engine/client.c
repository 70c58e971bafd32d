#include "engine/client.h"
#include "base/die.h"
#include "engine/journal.h"
#include "engine/tls.h"
#include "engine/tunnel.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_SECONDS = 600, HANDSHAKE_SECONDS = 60, TELL_SECONDS = 60 };

/* There are too many. */
static struct {
    json_int_t count; /* since it was told */
    unsigned seconds; /* until it may be told again */
} turned_away;

void client_free(struct client *client) {
    client2_free(client->http2);
    tunnel_free(client->tunnel);
    client1_gone(client);
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    free(client->host);
    free(client->sni);
    free(client);
}

struct channel client_channel(const struct client *client) {
    return (struct channel){client->tls, client->host, client->port, client->sni};
}

static size_t on_data(void *owner, const char *data, size_t length) {
    struct client *client = owner;
    client->idle = 0;
    if (client->tunnel)
        return tunnel_data(client->tunnel, data, length);
    return client->http2 ? client2_data(client, data, length) : client1_data(client, data, length);
}

/* TLS stands. */
static void on_ready(void *owner) {
    struct client *client = owner;
    SSL *ssl = conn_ssl(client->conn);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    client->tls = true;
    client->sni = name ? must_copy(name) : NULL;
    if (tls_chose_http2(ssl))
        client->http2 = client2_new(client);
}

static void on_drained(void *owner) {
    struct client *client = owner;
    if (client->tunnel)
        tunnel_drained(client->tunnel);
    else if (client->http2)
        conn_gather(client->conn);
    else if (client->reads == READS_HEAD)
        conn_resume(client->conn);
    else if (client->exchange)
        exchange_client_drained(client->exchange);
}

static void on_gather(void *owner) {
    client2_gather(owner);
}

static void tell_failed_tls(const struct client *client) {
    journal_write(json_pack("{s:s, s:s, s:i, s:s}", "event", "tls-failed", "host", client->host,
                            "port", client->port, "reason",
                            "the client ended the TLS handshake; it may not trust the proxy's CA"));
}

static void on_ended(void *owner, const char *why) {
    struct client *client = owner;
    if (client->tunnel) {
        tunnel_ended(client->tunnel, why);
        return;
    }
    if (why && conn_ssl(client->conn) && !client->tls)
        tell_failed_tls(client);
    conn_close(client->conn);
    client_free(client);
}

static void on_passed(void *owner, size_t length) {
    tunnel_passed(((struct client *)owner)->tunnel, length);
}

static const struct conn_events events = {on_data,   on_ready, on_drained,
                                          on_gather, on_ended, on_passed};

/* It has to be taken to be closed: what waits at the socket would be offered for ever. */
static void turn_away(struct proxy *proxy, uv_stream_t *server) {
    struct conn *conn = conn_accept(&proxy->conns, server, &events, NULL);
    if (conn)
        conn_abort(conn);
    turned_away.count++;
}

static void tell_turned_away(void) {
    if (turned_away.seconds)
        turned_away.seconds--;
    if (!turned_away.count || turned_away.seconds)
        return;
    journal_write(json_pack("{s:s, s:I, s:s}", "event", "clients-turned-away", "count",
                            turned_away.count, "reason",
                            "as many connections to the proxy are open as it takes"));
    turned_away.count = 0;
    turned_away.seconds = TELL_SECONDS;
}

void client_accept(struct proxy *proxy, uv_stream_t *server) {
    if (proxy->conns.accepted >= world_limits().clients) {
        turn_away(proxy, server);
        return;
    }
    struct client *client = must_alloc(sizeof *client);
    client->proxy = proxy;
    client->conn = conn_accept(&proxy->conns, server, &events, client);
    if (!client->conn) {
        free(client);
        return;
    }
    client->next = proxy->clients;
    client->link = &proxy->clients;
    if (client->next)
        client->next->link = &client->next;
    proxy->clients = client;
}

/* Whether it is not the client's turn, or is so in no part of a request. */
static bool works(const struct client *client) {
    if (client->http2)
        return !client2_is_idle(client->http2);
    return client->exchange && client->reads != READS_HEAD && !client1_is_waited_for(client);
}

void clients_tick(struct proxy *proxy) {
    tell_turned_away();
    for (struct client *client = proxy->clients, *next; client; client = next) {
        next = client->next;
        if (client->tunnel) {
            tunnel_tick(client->tunnel);
            continue;
        }
        if (client->http2)
            client2_tick(client->http2);
        else if (!client1_tick(client))
            continue;
        if (works(client))
            client->idle = 0;
        bool shakes = conn_ssl(client->conn) && !client->tls;
        if (++client->idle > (shakes ? HANDSHAKE_SECONDS : IDLE_SECONDS)) {
            conn_close(client->conn);
            client_free(client);
        }
    }
}

const char *status_reason(int status) {
    static const struct {
        int status;
        const char *reason;
    } known[] = {
        {100, "Continue"},
        {102, "Processing"},
        {103, "Early Hints"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            return known[i].reason;
    return "";
}
