/* A client that speaks HTTP/1: to the proxy itself, in a tunnel, or in a tunnel's TLS. */
#include "base/die.h"
#include "engine/client1_private.h"
#include "engine/fields_check.h"
#include "engine/hello.h"
#include "engine/journal.h"
#include "engine/tls.h"
#include "engine/tunnel.h"
#include "engine/world.h"

#include <ctype.h>
#include <string.h>

void client1_close(struct client *client) {
    struct conn *conn = client->conn;
    bool resets = client->cut && client->ends_by_close;
    client_free(client);
    if (resets)
        conn_reset(conn);
    else
        conn_close(conn);
}

bool client1_is_done(const struct client *client) {
    return client->answer_done && client->exchange->request_done;
}

void client1_gone(struct client *client) {
    if (client->exchange)
        exchange_close(client->exchange);
    client->exchange = NULL;
    http1_chunks_free(&client->chunks);
}

void client1_next(struct client *client) {
    client1_gone(client);
    client->chunks = (struct http1_chunks){0};
    client->reads = READS_HEAD;
}

/* How the body is framed, so that it can be passed over where the request is refused. What has two
 * readings is refused (admit.c), and nothing behind it is read. */
static void frame(struct client *client, const struct http1_head *head, enum http_version version) {
    const struct field *length = NULL, *coding = NULL;
    struct fields_tokens connection = {.fields = &head->fields, .name = "connection"};
    struct bytes token;
    size_t at = 0, count = 0;
    for (const struct field *one; (one = fields_next(&head->fields, "content-length", &at));
         count++)
        length = one;
    for (at = 0; (coding = fields_next(&head->fields, "transfer-encoding", &at)); count++)
        if (!bytes_are(coding->value, "chunked") || version != HTTP_1_1)
            client->closes = true;
        else
            client->reads = READS_CHUNKS;
    while (fields_token(&connection, &token))
        if (bytes_are(token, "close"))
            client->closes = true;
    if (version == HTTP_1_0)
        client->closes = true;
    if (client->reads != READS_CHUNKS) {
        client->reads = READS_LENGTH;
        client->left = 0;
        for (size_t i = 0; length && i < length->value.n; i++) {
            char c = length->value.s[i];
            if (!isdigit((unsigned char)c) || length->value.n > 18)
                client->closes = true;
            else
                client->left = client->left * 10 + (unsigned)(c - '0');
        }
    }
    if (count > 1)
        client->closes = true;
}

static void cannot_be_read(struct client *client, int status, const char *why) {
    struct exchange *exchange = client->exchange;
    client->closes = true;
    client->reads = READS_NOTHING;
    exchange_refuse(exchange, status,
                    arena_printf(exchange->arena, "the request cannot be read: %s", why), NULL);
    exchange->request_done = true;
}

static bool version_of(struct bytes text, enum http_version *version) {
    *version = bytes_equal(text, BYTES("HTTP/1.0")) ? HTTP_1_0 : HTTP_1_1;
    return *version == HTTP_1_0 || bytes_equal(text, BYTES("HTTP/1.1"));
}

static void take_head(struct client *client, const struct http1_head *head) {
    struct exchange *exchange = client->exchange;
    struct request request = {
        .method = head->first[0], .target = head->first[1], .fields = head->fields};
    if (!version_of(head->first[2], &request.version)) {
        cannot_be_read(client, 400, "this version of HTTP is not spoken here");
        return;
    }
    exchange->version = request.version;
    frame(client, head, request.version);
    if (bytes_equal(request.method, BYTES("CONNECT")) && !client->host) {
        client1_connect(client, &request);
        return;
    }
    struct channel channel = client_channel(client);
    exchange_request(exchange, &channel, &request);
}

static bool read_head(struct client *client, const char *data, size_t length, size_t *taken) {
    struct http1_head head;
    const char *why;
    if (!client->exchange)
        client1_begin(client);
    switch (
        http1_read_head(client->exchange->arena, data, length, false, &client->seen, &head, &why)) {
    case HTTP1_MORE:
        return false;
    case HTTP1_WRONG:
        *taken += length;
        if (*why)
            cannot_be_read(client, 400, why);
        else
            cannot_be_read(client, 431, "its head is too long");
        return true;
    case HTTP1_DONE:
        break;
    }
    *taken += head.length;
    take_head(client, &head);
    return true;
}

static void start_tls(struct client *client) {
    SSL *ssl = SSL_new(client->proxy->to_clients);
    if (!ssl)
        die("no memory for TLS");
    SSL_set_accept_state(ssl);
    ca_certify(client->proxy->ca, ssl, client->host);
    conn_start_tls(client->conn, ssl);
}

static void all_read(struct client *client) {
    client->reads = READS_NOTHING;
    exchange_request_end(client->exchange);
}

/* A piece of the body; false: nothing can be taken now. */
static bool read_body(struct client *client, const char *data, size_t length, size_t *taken) {
    struct exchange *exchange = client->exchange;
    if (client->reads == READS_LENGTH && !client->left) {
        all_read(client);
        return true;
    }
    if (!length)
        return false;
    if (!exchange_takes_body(exchange)) {
        conn_pause(client->conn);
        return false;
    }
    if (client->reads == READS_CHUNKS) {
        struct bytes piece;
        size_t n;
        enum http1_state state =
            http1_read_chunks(&client->chunks, data, length, &n, &piece, NULL, NULL);
        *taken += n;
        if (piece.n)
            exchange_body(exchange, piece.s, piece.n);
        if (state == HTTP1_DONE)
            all_read(client);
        if (state == HTTP1_WRONG && exchange->answered)
            client1_responder.abort(exchange);
        else if (state == HTTP1_WRONG)
            cannot_be_read(client, 400, "a chunk of its body is not valid");
        return true;
    }
    size_t n = client->reads == READS_RAW || length < client->left ? length : (size_t)client->left;
    *taken += n;
    client->left -= client->reads == READS_LENGTH ? n : 0;
    exchange_body(exchange, data, n);
    return true;
}

static bool begin_tunnel(struct client *client, const char *data, size_t length, size_t *taken) {
    switch (begin_of(data, length)) {
    case BEGIN_TLS:
        client->tunnel_is_new = false;
        start_tls(client);
        return false;
    case BEGIN_OTHER:
        client1_pass_unread(client);
        return false;
    case BEGIN_HTTP:
        client->tunnel_is_new = false;
        break;
    case BEGIN_MORE:
        break;
    }
    return read_head(client, data, length, taken);
}

/* One step; false: there is nothing to be done with what is here. */
static bool step(struct client *client, const char *data, size_t length, size_t *taken) {
    if (client->exchange && client1_is_done(client)) {
        client1_next(client);
        return true;
    }
    switch (client->reads) {
    case READS_HEAD:
        if (!length)
            return false;
        if (conn_is_full(client->conn)) { /* who does not read answers has no more of them made */
            conn_pause(client->conn);
            return false;
        }
        if (client->tunnel_is_new)
            return begin_tunnel(client, data, length, taken);
        return read_head(client, data, length, taken);
    case READS_HELLO:
        client1_hello(client, data, length);
        return false;
    case READS_NOTHING:
        if (length) /* a request behind this one waits for its answer */
            conn_pause(client->conn);
        return false;
    default:
        return read_body(client, data, length, taken);
    }
}

size_t client1_data(struct client *client, const char *data, size_t length) {
    size_t taken = 0;
    client->busy = true;
    while (!(client->answer_done && client->closes) &&
           step(client, data + taken, length - taken, &taken))
        continue;
    client->busy = false;
    if (client->answer_done && client->closes) {
        client1_close(client);
        return length;
    }
    return taken;
}

/* Time. */

/* A server that has begun to answer may be content with what it has. */
bool client1_is_waited_for(const struct client *client) {
    const struct exchange *exchange = client->exchange;
    bool in_body = exchange && (client->reads == READS_LENGTH || client->reads == READS_CHUNKS);
    return in_body && exchange_takes_body(exchange) && (!exchange->answered || client->answer_done);
}

static void give_up(struct client *client, const char *why) {
    client->busy = true;
    if (!client->answer_done)
        cannot_be_read(client, 408, why);
    client1_close(client);
}

bool client1_tick(struct client *client) {
    const struct world_limits limits = world_limits();
    if (client1_tunnel_waits(client))
        return false;
    bool in_head = client->exchange && client->reads == READS_HEAD;
    if (in_head && ++client->head_seconds > limits.head_seconds) {
        give_up(client, "its head did not come to an end in time");
        return false;
    }
    if (client1_is_waited_for(client) && client->idle >= limits.body_seconds) {
        give_up(client, "its body did not come to an end, and nothing more of it comes");
        return false;
    }
    return true;
}
