/* How a client of HTTP/1 is answered. */
#include "base/buf_raw.h"
#include "engine/client1_private.h"

#include <stdio.h>
#include <string.h>

static struct client *client_of(const struct exchange *exchange) {
    return exchange->client;
}

static void write_head(struct client *client, int status, struct bytes reason,
                       const struct fields *fields, const char *framing, const char *close) {
    struct buf out BUF_CLEANUP = {0};
    if (!reason.n) {
        reason.s = status_reason(status);
        reason.n = strlen(reason.s);
    }
    buf_printf(&out, "HTTP/1.1 %d ", status);
    buf_add(&out, reason.s, reason.n);
    buf_str(&out, "\r\n");
    http1_write_fields(&out, fields);
    buf_str(&out, framing);
    buf_str(&out, close);
    buf_str(&out, "\r\n");
    conn_write(client->conn, out.data, out.len);
}

static void interim(struct exchange *exchange, int status, const struct fields *fields) {
    write_head(client_of(exchange), status, (struct bytes){0}, fields, "", "");
}

static void head(struct exchange *exchange, const struct answer *answer) {
    struct client *client = client_of(exchange);
    char length[64];
    const char *framing = "";
    bool is_bare = answer->status < 200 || answer->status == 204;
    client->chunks_answer = client->ends_by_close = false;
    if (answer->has_length && !is_bare) {
        snprintf(length, sizeof length, "Content-Length: %llu\r\n", answer->length);
        framing = length;
    } else if (!answer->bodiless && !is_bare) {
        client->chunks_answer = exchange->version != HTTP_1_0;
        client->ends_by_close = !client->chunks_answer;
        client->closes = client->closes || client->ends_by_close;
        if (client->chunks_answer)
            framing = "Transfer-Encoding: chunked\r\n";
    }
    client->closes = client->closes || exchange->unasked;
    bool says_close = client->closes && answer->status != 101;
    write_head(client, answer->status, answer->reason, &answer->fields, framing,
               says_close ? "Connection: close\r\n" : "");
    if (answer->status == 101) {
        client->reads = READS_RAW;
        conn_resume(client->conn);
    }
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct client *client = client_of(exchange);
    char size[32];
    if (!client->chunks_answer) {
        conn_write(client->conn, data, length);
        return;
    }
    conn_write(client->conn, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    conn_write(client->conn, data, length);
    conn_write(client->conn, "\r\n", 2);
}

static void settle(struct client *client) {
    if (client->busy)
        return; /* client1_data() sees to it */
    if (client->closes) {
        client1_close(client);
        return;
    }
    if (client1_is_done(client))
        client1_next(client);
    conn_resume(client->conn);
}

static void end(struct exchange *exchange, const struct fields *trailers) {
    struct client *client = client_of(exchange);
    if (client->chunks_answer) {
        struct buf out BUF_CLEANUP = {0};
        buf_str(&out, "0\r\n");
        if (trailers)
            http1_write_fields(&out, trailers);
        buf_str(&out, "\r\n");
        conn_write(client->conn, out.data, out.len);
    }
    client->answer_done = true;
    client->closes = client->closes || exchange->raw;
    settle(client);
}

static void cut(struct exchange *exchange) {
    struct client *client = client_of(exchange);
    client->closes = client->answer_done = client->cut = true;
    if (!client->busy)
        client1_close(client);
}

static void more(struct exchange *exchange) {
    conn_resume(client_of(exchange)->conn);
}

static bool full(const struct exchange *exchange) {
    return conn_is_full(client_of(exchange)->conn);
}

const struct responder client1_responder = {interim, head, body, end, cut, more, full};
