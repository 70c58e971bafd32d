#include "engine/capture.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/capture_private.h"
#include "engine/dns.h"
#include "engine/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FIRST_SOCKET: SD_LISTEN_FDS_START of sd_listen_fds(3). MOST: as many as the relay takes, whose
 * proxy is the same. SMALL: what may wait for each from FEW on, so that all of them fit in what the
 * unit may take, though nobody reads; in larger pieces more goes through. TCP: what DNS over TCP
 * may keep open, in seconds. */
enum {
    FIRST_SOCKET = 3,
    MOST_SOCKETS = 8,
    BACKLOG = 512,
    MOST = 1024,
    FEW = 32,
    SMALL = 16384,
    TCP_SECONDS = 10
};

/* linux/netfilter_ipv4.h, whose types are in the way of netinet/in.h's. */
enum { ORIGINAL_DESTINATION = 80 };

static uint32_t now(const struct capture *capture) {
    return (uint32_t)(uv_now(capture->loop) / 1000);
}

/* Questions. */

static size_t answer(struct capture *capture, const void *query, size_t length,
                     unsigned char out[DNS_LONGEST]) {
    const char *asked;
    size_t n = dns_answer(capture->names, now(capture), query, length, out, &asked);
    if (asked)
        journal_write(json_pack("{s:s, s:s}", "event", "name", "host", asked));
    return n;
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    static char bytes[65536];
    (void)handle;
    (void)suggested;
    *room = uv_buf_init(bytes, sizeof bytes);
}

static void on_datagram(uv_udp_t *socket, ssize_t length, const uv_buf_t *room,
                        const struct sockaddr *from, unsigned flags) {
    unsigned char out[DNS_LONGEST];
    if (length <= 0 || !from || flags & UV_UDP_PARTIAL)
        return;
    size_t n = answer(socket->data, room->base, (size_t)length, out);
    uv_buf_t piece = uv_buf_init((char *)out, (unsigned)n);
    if (n) /* one that cannot be sent is asked again */
        uv_udp_try_send(socket, &piece, 1, from);
}

/* A connection that asks by TCP. */
struct asking {
    struct capture *capture;
    struct conn *conn;
    unsigned idle; /* seconds */
    struct asking *next, **link;
};

static void asking_end(struct asking *asking) {
    conn_close(asking->conn);
    *asking->link = asking->next;
    if (asking->next)
        asking->next->link = asking->link;
    free(asking);
}

/* RFC 1035, section 4.2.2, and RFC 7766: two bytes of length before each message. */
static size_t on_question(void *owner, const char *data, size_t length) {
    struct asking *asking = owner;
    unsigned char out[DNS_LONGEST];
    size_t taken = 0;
    asking->idle = 0;
    while (length - taken >= 2) {
        const unsigned char *at = (const unsigned char *)data + taken;
        size_t n = (size_t)(at[0] << 8 | at[1]);
        if (length - taken - 2 < n)
            break;
        size_t answered = answer(asking->capture, at + 2, n, out);
        if (conn_is_full(asking->conn) || !answered) {
            asking_end(asking);
            return length;
        }
        const unsigned char head[2] = {(unsigned char)(answered >> 8), (unsigned char)answered};
        conn_write(asking->conn, head, sizeof head);
        conn_write(asking->conn, out, answered);
        taken += 2 + n;
    }
    return taken;
}

static void on_ended(void *owner, const char *why) {
    (void)why;
    asking_end(owner);
}

static void nothing(void *owner) {
    (void)owner;
}

static const struct conn_events questions = {on_question, nothing,  nothing,
                                             nothing,     on_ended, NULL};

/* Connections. */

/* Where a connection was to go; false: to us. */
static bool was_redirected(int file, uint32_t *address, int *port) {
    struct sockaddr_in to;
    socklen_t length = sizeof to;
    if (getsockopt(file, IPPROTO_IP, ORIGINAL_DESTINATION, &to, &length) < 0)
        return false;
    *address = ntohl(to.sin_addr.s_addr);
    *port = ntohs(to.sin_port);
    return *address - NAMES_FIRST < NAMES_COUNT;
}

static void tell_unknown(uint32_t address, int port) {
    char text[INET_ADDRSTRLEN];
    struct in_addr in = {htonl(address)};
    inet_ntop(AF_INET, &in, text, sizeof text);
    journal_write(json_pack("{s:s, s:s, s:i, s:s}", "event", "error", "host", text, "port", port,
                            "error", "no name that was asked for has this address"));
}

static void on_connection(uv_stream_t *server, int status) {
    struct capture *capture = server->data;
    uint32_t address;
    int port;
    if (status != 0)
        return;
    struct asking *asking = must_alloc(sizeof *asking);
    *asking = (struct asking){.capture = capture, .next = capture->asking};
    asking->conn = conn_accept(&capture->conns, server, &questions, asking);
    if (!asking->conn || capture->conns.accepted > MOST) {
        if (asking->conn)
            conn_abort(asking->conn);
        free(asking);
        return;
    }
    capture->conns.full = capture->conns.accepted < FEW ? CONN_FULL : SMALL;
    if (was_redirected(conn_file(asking->conn), &address, &port)) {
        const char *name = names_at(capture->names, address, now(capture));
        if (name)
            captured_start(capture, asking->conn, name, port);
        else
            tell_unknown(address, port), conn_reset(asking->conn);
        free(asking);
        return;
    }
    asking->link = &capture->asking;
    if (asking->next)
        asking->next->link = &asking->next;
    capture->asking = asking;
}

/* Beginning. */

static void open_socket(struct capture *capture, int file) {
    int type = 0, error;
    socklen_t length = sizeof type;
    if (getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM) {
        uv_udp_t *socket = must_alloc(sizeof *socket);
        uv_udp_init(capture->loop, socket);
        socket->data = capture;
        error = uv_udp_open(socket, file);
        if (!error)
            error = uv_udp_recv_start(socket, give_room, on_datagram);
    } else {
        uv_tcp_t *socket = must_alloc(sizeof *socket);
        uv_tcp_init(capture->loop, socket);
        socket->data = capture;
        error = uv_tcp_open(socket, file);
        if (!error)
            error = uv_listen((uv_stream_t *)socket, BACKLOG, on_connection);
    }
    if (error)
        journal_fatal("a socket of the resolver cannot be used: %s", uv_strerror(error));
}

static int count_of_sockets(void) {
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!process || !count || strtol(process, NULL, 10) != getpid())
        return 0;
    long n = strtol(count, NULL, 10);
    return n > 0 && n <= MOST_SOCKETS ? (int)n : 0;
}

static void every_second(uv_timer_t *timer) {
    struct capture *capture = timer->data;
    for (struct asking *asking = capture->asking, *next; asking; asking = next) {
        next = asking->next;
        if (++asking->idle > TCP_SECONDS)
            asking_end(asking);
    }
    journal_tell_untold();
    captured_tick();
    conn_tick(&capture->conns);
}

int capture_run(uv_loop_t *loop, int port) {
    static struct capture capture;
    static uv_timer_t clock;
    capture = (struct capture){.loop = loop, .names = names_new()};
    uv_ip4_addr("127.0.0.1", port, &capture.proxy);
    int count = count_of_sockets();
    if (!count)
        journal_fatal("the resolver has no sockets: the unit that is a socket starts it");
    conn_list_start(&capture.conns, loop);
    for (int i = 0; i < count; i++)
        open_socket(&capture, FIRST_SOCKET + i);
    uv_timer_init(loop, &clock);
    clock.data = &capture;
    uv_timer_start(&clock, every_second, 1000, 1000);
    journal_write(json_pack("{s:s}", "event", "resolver-ready"));
    return uv_run(loop, UV_RUN_DEFAULT);
}
