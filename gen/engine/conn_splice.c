/*
 * Two connections joined: what one hears is what the other says, and the kernel moves it
 * (splice(2)) without a copy of it. A pipe lies between, one for all connections: what the other
 * side does not take at once is read from it, goes out as all else that is written, and until it
 * has gone nothing more is heard.
 */
#ifdef __linux__
#define _GNU_SOURCE /* splice, pipe2, F_SETPIPE_SZ */
#endif

#include "base/die.h"
#include "engine/conn_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void conn_join(struct conn *one, struct conn *other) {
    one->peer = other;
    other->peer = one;
}

void conn_move_on(struct conn *conn) {
    struct conn *peer = conn->peer;
    if (!peer || !peer->waits)
        return;
    peer->waits = false;
    if (!peer->paused)
        conn_resume(peer);
}

void conn_part(struct conn *conn) {
    struct conn *peer = conn->peer;
    if (!peer)
        return;
    conn_move_on(conn);
    conn_move_on(peer);
    conn->peer = peer->peer = NULL;
}

#ifdef __linux__

enum { TURNS = 4 }; /* of one connection, before others are looked at */

void conn_pipe_start(struct conn_list *list) {
    list->has_pipe = pipe2(list->pipe, O_CLOEXEC | O_NONBLOCK) == 0;
    if (list->has_pipe) /* where it gives less room, less is moved at once */
        fcntl(list->pipe[1], F_SETPIPE_SZ, CONN_FULL);
}

bool conn_moves(const struct conn *conn) {
    const struct conn *to = conn->peer;
    return conn->list->has_pipe && to && !conn->ssl && !to->ssl && !conn->closing &&
           !conn->in.len && !to->out.len && !to->flying.len && !to->closing && !to->ended;
}

static ssize_t move(int from, int to, size_t most) {
    ssize_t moved;
    do
        moved = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (moved < 0 && errno == EINTR);
    return moved;
}

/* Whoever cannot be written to is told so by writing. */
static void write_rest(const struct conn_list *list, struct conn *to, size_t length) {
    char *rest = must_alloc(length);
    ssize_t got = read(list->pipe[0], rest, length);
    if (got > 0)
        conn_write(to, rest, (size_t)got);
    free(rest);
}

/* False: not all of it has gone. */
static bool move_out(const struct conn_list *list, struct conn *to, size_t length) {
    while (length) {
        ssize_t moved = move(list->pipe[0], conn_file(to), length);
        if (moved <= 0) {
            write_rest(list, to, length);
            return false;
        }
        length -= (size_t)moved;
    }
    return true;
}

ssize_t conn_move(struct conn *conn) {
    struct conn_list *list = conn->list;
    for (int turn = 0; turn < TURNS; turn++) {
        ssize_t length = move(conn_file(conn), list->pipe[1], list->full);
        if (length == 0)
            return UV_EOF;
        if (length < 0)
            return errno == EAGAIN ? 0 : uv_translate_sys_error(errno);
        if (!move_out(list, conn->peer, (size_t)length)) {
            conn->waits = true;
            conn->reading = false;
            uv_read_stop((uv_stream_t *)&conn->tcp);
            turn = TURNS;
        }
        conn->events->passed(conn->owner, (size_t)length);
        if (!conn->peer) /* its owner had enough */
            break;
    }
    return 0;
}

#else

void conn_pipe_start(struct conn_list *list) {
    list->has_pipe = false;
}

bool conn_moves(const struct conn *conn) {
    (void)conn;
    return false;
}

ssize_t conn_move(struct conn *conn) {
    (void)conn;
    return 0;
}

#endif
