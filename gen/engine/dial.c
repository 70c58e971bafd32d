#include "engine/dial.h"
#include "base/die.h"
#include "engine/tls.h"
#include "engine/trust.h"
#include "engine/way.h"
#include "engine/world.h"

#include <stdlib.h>

/* An address that leads nowhere, as IPv6's where a network has none, must not cost the name its
 * others. */
enum { OPEN_SECONDS = 30, TRY_SECONDS = 3 };

static const char not_permitted[] =
    "the name has no public address, nor one that a rule of it names in \"addresses\"; the proxy "
    "goes to no other";

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
    struct way *way; /* NULL: at once */
    int way_error;
    struct addrinfo *way_found;
    bool asked, stands; /* the other proxy for the server; it lets through */
    struct conn *conn;
    unsigned seconds; /* that this address has had */
};

static struct dial *dials;

static void dial_free(struct dial *dial) {
    world_lookup_free(dial->found);
    world_lookup_free(dial->way_found);
    way_free(dial->way);
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
    struct addrinfo *found = dial->found;
    dial->found = NULL;
    dial_free(dial);
    events->failed(owner, status, why, found);
    world_lookup_free(found);
}

static const struct conn_events conn_events;

static void start_tls(struct dial *dial) {
    if (dial->tls == DIAL_TLS || dial->tls == DIAL_TLS_HTTP2)
        conn_start_tls(dial->conn, tls_client(trust_towards(dial->proxy, dial->host), dial->host,
                                              dial->tls == DIAL_TLS_HTTP2));
}

static void none_left(struct dial *dial, const char *why) {
    if (dial->way)
        fail(dial, 502,
             why ? "the upstream proxy cannot be reached"
                 : "the upstream proxy has no public address, nor one that \"upstream\" names in "
                   "\"addresses\"");
    else if (why)
        fail(dial, 502, why);
    else
        fail(dial, 403, not_permitted);
}

static void connect_next(struct dial *dial, const char *why) {
    struct proxy *proxy = dial->proxy;
    struct ranges permitted = dial->way ? dial->way->addresses : dial->addresses;
    while (dial->untried) {
        struct addrinfo *address = dial->untried;
        dial->untried = address->ai_next;
        if (!world_may_reach(address->ai_addr, permitted.v, permitted.n))
            continue;
        dial->seconds = 0;
        dial->conn = conn_connect(&proxy->conns, address->ai_addr, &conn_events, dial);
        if (!dial->conn) {
            why = "it cannot be reached from here";
            continue;
        }
        if (!dial->way)
            start_tls(dial);
        else if (dial->way->tls)
            conn_start_tls(dial->conn, way_tls(dial->way, proxy));
        return;
    }
    none_left(dial, why);
}

/* -- the lookup -- */

/* In a thread of its own, which reads hosts and ports alone. */
static void look_up(uv_work_t *work) {
    struct dial *dial = work->data;
    dial->error = world_lookup(dial->host, dial->port, &dial->found);
    if (dial->way)
        dial->way_error = world_lookup(dial->way->host, dial->way->port, &dial->way_found);
}

static bool any_permitted(const struct dial *dial) {
    for (const struct addrinfo *one = dial->found; one; one = one->ai_next)
        if (world_may_reach(one->ai_addr, dial->addresses.v, dial->addresses.n))
            return true;
    return false;
}

/* Where a company's servers alone know the world's names; what may come right later is none. */
static bool has_no_such_name(int error) {
    return error == EAI_NONAME || error == EAI_FAIL
#ifdef EAI_NODATA
           || error == EAI_NODATA
#endif
        ;
}

/* A name that leads to closed addresses here is not asked of the other proxy either. */
static void go_by_way(struct dial *dial) {
    dial->untried = dial->way_found;
    if (dial->error && !has_no_such_name(dial->error))
        fail(dial, 502, gai_strerror(dial->error));
    else if (!dial->error && !any_permitted(dial))
        fail(dial, 403, not_permitted);
    else if (dial->way_error)
        fail(dial, 502, "the name of the upstream proxy does not resolve");
    else
        connect_next(dial, NULL);
}

static void looked_up(uv_work_t *work, int status) {
    struct dial *dial = work->data;
    if (status < 0)
        dial->error = EAI_AGAIN;
    dial->looks_up = false;
    dial->untried = dial->found;
    if (!dial->owner)
        dial_free(dial);
    else if (dial->way)
        go_by_way(dial);
    else if (dial->error)
        fail(dial, 502, gai_strerror(dial->error));
    else
        connect_next(dial, NULL);
}

/* -- the connection -- */

static void hand_over(struct dial *dial) {
    const struct dial_events *events = dial->events;
    struct conn *conn = dial->conn;
    void *whose = dial->owner;
    dial_free(dial);
    events->opened(whose, conn);
}

static void give_up(struct dial *dial, const char *why) {
    conn_abort(dial->conn);
    dial->conn = NULL;
    fail(dial, 502, why);
}

static void on_ready(void *owner) {
    struct dial *dial = owner;
    if (!dial->way || dial->stands || dial->tls == DIAL_FORWARDED) {
        hand_over(dial);
        return;
    }
    struct arena *arena = arena_new();
    const char *why =
        way_ask(dial->way, dial->proxy->vault, dial->conn, dial->host, dial->port, arena);
    dial->asked = true;
    dial->seconds = 0;
    if (why)
        give_up(dial, why);
    arena_free(arena);
}

/* What another address would say, too: it has the same name and certificate. */
static const char *why_for_good(const struct dial *dial, const char *why, struct arena *arena) {
    if (dial->asked && !dial->stands)
        return "the upstream proxy closed the connection and did not answer";
    if (dial->way && dial->way->tls && !dial->stands)
        return way_tls_failure(dial->conn, arena);
    return conn_tls_failed(dial->conn) || dial->stands ? why : NULL;
}

static void on_ended(void *owner, const char *why) {
    struct dial *dial = owner;
    struct arena *arena = arena_new();
    why = why ? why : "it closed the connection";
    const char *last = why_for_good(dial, why, arena);
    if (last) {
        give_up(dial, last);
    } else {
        conn_abort(dial->conn);
        dial->conn = NULL;
        connect_next(dial, why);
    }
    arena_free(arena);
}

/* Of the other proxy's answer; what is behind it is the server's. */
static size_t on_data(void *owner, const char *data, size_t length) {
    struct dial *dial = owner;
    if (!dial->asked || dial->stands)
        return 0;
    struct arena *arena = arena_new();
    const char *why;
    size_t n = way_answer(data, length, arena, &why);
    dial->stands = n > 0;
    if (why) {
        give_up(dial, why);
    } else if (n && dial->tls != DIAL_CLEAR) {
        start_tls(dial);
    } else if (n) {
        struct conn *conn = dial->conn;
        hand_over(dial);
        conn_resume(conn);
    }
    arena_free(arena);
    return n;
}

static void nothing(void *owner) {
    (void)owner;
}

static const struct conn_events conn_events = {on_data, on_ready, nothing, nothing, on_ended, NULL};

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
        .way = way_towards(proxy, host),
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
        bool others = dial->untried && !dial->asked;
        if (dial->looks_up || !dial->conn ||
            ++dial->seconds <= (others ? TRY_SECONDS : OPEN_SECONDS))
            continue;
        if (dial->asked) {
            give_up(dial,
                    dial->stands ? "it does not answer" : "the upstream proxy does not answer");
            break;
        }
        conn_abort(dial->conn);
        dial->conn = NULL;
        connect_next(dial, "it does not answer");
        break; /* what fails may have taken others with it */
    }
}
