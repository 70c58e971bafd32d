#include "engine/dial.h"
#include "base/die.h"
#include "engine/tls.h"
#include "engine/trust.h"
#include "engine/world.h"

#include <stdlib.h>

/* An address that leads nowhere, as IPv6's where a network has none, must not cost the name its
 * others. */
enum { OPEN_SECONDS = 30, TRY_SECONDS = 3 };

struct dial {
    struct proxy *proxy;
    struct dial *next, **link;
    char *host;
    int port;
    enum dial_tls tls;
    struct ranges addresses; /* that it may have besides public ones: what rules name now */
    const struct dial_events *events;
    void *owner; /* NULL: nobody waits for it */
    uv_work_t lookup;
    bool looks_up;
    int error; /* of the lookup */
    struct addrinfo *found, *untried;
    struct conn *conn;
    unsigned seconds; /* that this address has had */
};

static struct dial *dials;

static void dial_free(struct dial *dial) {
    world_lookup_free(dial->found);
    *dial->link = dial->next;
    if (dial->next)
        dial->next->link = dial->link;
    free((void *)(uintptr_t)dial->addresses.v);
    free(dial->host);
    free(dial);
}

static void fail(struct dial *dial, int status, const char *why) {
    const struct dial_events *events = dial->events;
    void *owner = dial->owner;
    dial_free(dial);
    events->failed(owner, status, why);
}

static const struct conn_events conn_events;

static void connect_next(struct dial *dial, const char *why) {
    struct proxy *proxy = dial->proxy;
    while (dial->untried) {
        struct addrinfo *address = dial->untried;
        dial->untried = address->ai_next;
        if (!world_may_reach(address->ai_addr, dial->addresses.v, dial->addresses.n))
            continue;
        dial->seconds = 0;
        dial->conn = conn_connect(&proxy->conns, address->ai_addr, &conn_events, dial);
        if (!dial->conn) {
            why = "it cannot be reached from here";
            continue;
        }
        if (dial->tls != DIAL_CLEAR)
            conn_start_tls(dial->conn, tls_client(trust_towards(proxy, dial->host), dial->host,
                                                  dial->tls == DIAL_TLS_HTTP2));
        return;
    }
    if (why)
        fail(dial, 502, why);
    else
        fail(
            dial, 403,
            "the name has no public address, nor one that a rule of it names in \"addresses\"; the "
            "proxy goes to no other");
}

/* -- the lookup -- */

/* In a thread of its own, which reads host and port alone. */
static void look_up(uv_work_t *work) {
    struct dial *dial = work->data;
    dial->error = world_lookup(dial->host, dial->port, &dial->found);
}

static void looked_up(uv_work_t *work, int status) {
    struct dial *dial = work->data;
    int error = status < 0 ? EAI_AGAIN : dial->error;
    dial->looks_up = false;
    dial->untried = dial->found;
    if (!dial->owner)
        dial_free(dial);
    else if (error)
        fail(dial, 502, gai_strerror(error));
    else
        connect_next(dial, NULL);
}

/* -- the connection -- */

static void on_ready(void *owner) {
    struct dial *dial = owner;
    const struct dial_events *events = dial->events;
    struct conn *conn = dial->conn;
    void *whose = dial->owner;
    dial_free(dial);
    events->opened(whose, conn);
}

static void on_ended(void *owner, const char *why) {
    struct dial *dial = owner;
    bool by_tls = conn_tls_failed(dial->conn);
    why = why ? why : "it closed the connection";
    conn_abort(dial->conn);
    dial->conn = NULL;
    if (by_tls) /* another address has the same name and certificate */
        fail(dial, 502, why);
    else
        connect_next(dial, why);
}

static size_t nothing_yet(void *owner, const char *data, size_t length) {
    (void)owner;
    (void)data;
    (void)length;
    return 0;
}

static void nothing(void *owner) {
    (void)owner;
}

static const struct conn_events conn_events = {nothing_yet, on_ready, nothing, nothing, on_ended};

/* -- what others call -- */

struct dial *dial_start(struct proxy *proxy, const char *host, int port, enum dial_tls tls,
                        const struct dial_events *events, void *owner) {
    struct dial *dial = must_alloc(sizeof *dial);
    struct arena *arena = arena_new();
    *dial = (struct dial){
        .proxy = proxy,
        .next = dials,
        .link = &dials,
        .host = must_copy(host),
        .port = port,
        .tls = tls,
        .addresses = ranges_copy(egress_addresses(proxy->egress, host, port, world_today(), arena)),
        .events = events,
        .owner = owner,
        .looks_up = true};
    arena_free(arena);
    if (dials)
        dials->link = &dial->next;
    dials = dial;
    dial->lookup.data = dial;
    if (uv_queue_work(proxy->loop, &dial->lookup, look_up, looked_up) < 0)
        die("libuv takes no work");
    return dial;
}

void dial_cancel(struct dial *dial) {
    if (dial->looks_up) { /* the thread has it still */
        dial->owner = NULL;
        return;
    }
    if (dial->conn)
        conn_abort(dial->conn);
    dial_free(dial);
}

void dials_tick(void) {
    for (struct dial *dial = dials; dial; dial = dial->next) {
        if (dial->looks_up || !dial->conn ||
            ++dial->seconds <= (dial->untried ? TRY_SECONDS : OPEN_SECONDS))
            continue;
        conn_abort(dial->conn);
        dial->conn = NULL;
        connect_next(dial, "it does not answer");
        break; /* what fails may have taken others with it */
    }
}
