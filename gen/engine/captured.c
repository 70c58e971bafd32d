/* One connection that was captured: a CONNECT for its name to the proxy, then bytes both ways. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/capture_private.h"
#include "engine/http1.h"

#include <stdlib.h>
#include <string.h>

/* Of a connection that one side has ended its half of: the other's silence after it. The proxy
 * itself waits an hour for an answer (tunnel.c). A client that keeps what the proxy has closed has
 * nothing more to say. */
enum { ANSWER_SECONDS = 3600 + 60, REST_SECONDS = 60 };

struct captured {
    struct conn *client, *proxy;
    struct captured *next, **link;
    struct buf connect; /* what the proxy is asked */
    bool opened;        /* it has said yes */
    bool client_done, proxy_done;
    unsigned idle; /* seconds */
};

static struct captured *all;

static void finish(struct captured *captured) {
    *captured->link = captured->next;
    if (captured->next)
        captured->next->link = captured->link;
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
    captured->idle = 0;
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
    captured->client_done = true;
    captured->idle = 0;
    if (!why && captured->opened && !captured->proxy_done) {
        conn_shut(captured->proxy);
        return;
    }
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
    captured->proxy_done = true;
    captured->idle = 0;
    if (!why && captured->opened && !captured->client_done) {
        conn_shut(captured->client);
        return;
    }
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
    captured->idle = 0;
    if (captured->opened)
        return pass(captured->proxy, captured->client, data, length);
    int status = answer_of(data, length, &taken);
    if (status == 200) {
        captured->opened = true;
        conn_halve(captured->client);
        conn_halve(captured->proxy);
        conn_join(captured->client, captured->proxy);
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

static void passed(void *owner, size_t length) {
    (void)length;
    ((struct captured *)owner)->idle = 0;
}

static const struct conn_events client_events = {from_client, nothing,      client_drained,
                                                 nothing,     client_ended, passed};
static const struct conn_events proxy_events = {from_proxy, proxy_ready, proxy_drained,
                                                nothing,    proxy_ended, passed};

void captured_start(struct capture *capture, struct conn *client, const char *name, int port) {
    struct captured *captured = must_alloc(sizeof *captured);
    *captured = (struct captured){.client = client, .next = all, .link = &all};
    captured->proxy = conn_connect(&capture->conns, (const struct sockaddr *)&capture->proxy,
                                   &proxy_events, captured);
    if (!captured->proxy) {
        conn_reset(client);
        free(captured);
        return;
    }
    if (all)
        all->link = &captured->next;
    all = captured;
    conn_pause(client);
    conn_own(client, &client_events, captured);
    buf_printf(&captured->connect, "CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name, port,
               name, port);
}

void captured_tick(void) {
    for (struct captured *captured = all, *next; captured; captured = next) {
        unsigned most = captured->proxy_done ? REST_SECONDS : ANSWER_SECONDS;
        next = captured->next;
        if (++captured->idle <= most || !(captured->client_done || captured->proxy_done))
            continue;
        conn_reset(captured->client);
        conn_reset(captured->proxy);
        finish(captured);
    }
}
