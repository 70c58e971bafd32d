/* One connection that was captured: a CONNECT for its name to the proxy, then bytes both ways. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/capture_private.h"
#include "engine/http1.h"

#include <stdlib.h>
#include <string.h>

struct captured {
    struct conn *client, *proxy;
    struct buf connect; /* what the proxy is asked */
    bool opened;        /* it has said yes */
};

static void finish(struct captured *captured) {
    buf_free(&captured->connect);
    free(captured);
}

static void proxy_ready(void *owner) {
    struct captured *captured = owner;
    conn_write(captured->proxy, captured->connect.data, captured->connect.len);
}

static size_t pass(struct conn *from, struct conn *to, const char *data, size_t length) {
    conn_write(to, data, length);
    if (conn_is_full(to))
        conn_pause(from);
    return length;
}

static size_t from_client(void *owner, const char *data, size_t length) {
    struct captured *captured = owner;
    return captured->opened ? pass(captured->client, captured->proxy, data, length) : 0;
}

static void client_drained(void *owner) {
    conn_resume(((struct captured *)owner)->proxy);
}

static void proxy_drained(void *owner) {
    struct captured *captured = owner;
    if (captured->opened)
        conn_resume(captured->client);
}

static void client_ended(void *owner, const char *why) {
    struct captured *captured = owner;
    conn_close(captured->client);
    if (why)
        conn_reset(captured->proxy);
    else
        conn_close(captured->proxy);
    finish(captured);
}

/* Whoever knows of no proxy cannot be told why: the proxy's log has it. */
static void proxy_ended(void *owner, const char *why) {
    struct captured *captured = owner;
    conn_close(captured->proxy);
    if (why || !captured->opened)
        conn_reset(captured->client);
    else
        conn_close(captured->client);
    finish(captured);
}

/* 0: more has to come. */
static int answer_of(const char *data, size_t length, size_t *taken) {
    struct arena *arena = arena_new();
    struct http1_head head;
    const char *why;
    size_t seen = 0;
    enum http1_state state = http1_read_head(arena, data, length, true, &seen, &head, &why);
    int status = state == HTTP1_MORE ? 0 : 502;
    if (state == HTTP1_DONE && http1_status(&head) == 200) {
        status = 200;
        *taken = head.length;
    }
    arena_free(arena);
    return status;
}

static size_t from_proxy(void *owner, const char *data, size_t length) {
    struct captured *captured = owner;
    size_t taken = 0;
    if (captured->opened)
        return pass(captured->proxy, captured->client, data, length);
    int status = answer_of(data, length, &taken);
    if (status == 200) {
        captured->opened = true;
        conn_resume(captured->client);
        taken += pass(captured->proxy, captured->client, data + taken, length - taken);
    } else if (status) {
        proxy_ended(captured, NULL);
        return length;
    }
    return taken;
}

static void nothing(void *owner) {
    (void)owner;
}

static const struct conn_events client_events = {from_client, nothing, client_drained, nothing,
                                                 client_ended};
static const struct conn_events proxy_events = {from_proxy, proxy_ready, proxy_drained, nothing,
                                                proxy_ended};

void captured_start(struct capture *capture, struct conn *client, const char *name, int port) {
    struct captured *captured = must_alloc(sizeof *captured);
    *captured = (struct captured){.client = client};
    captured->proxy = conn_connect(&capture->conns, (const struct sockaddr *)&capture->proxy,
                                   &proxy_events, captured);
    if (!captured->proxy) {
        conn_reset(client);
        free(captured);
        return;
    }
    conn_pause(client);
    conn_own(client, &client_events, captured);
    buf_printf(&captured->connect, "CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name, port,
               name, port);
}
