#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/conn_private.h"
#include "engine/wiped.h"

#include <stdlib.h>

/* Ends. */

void conn_keep(struct conn *conn, struct buf *buf, const void *data, size_t length) {
    if (conn->wipe)
        wiped_add(buf, data, length);
    else
        buf_add(buf, data, length);
}

void conn_drop(struct conn *conn, struct buf *buf) {
    if (conn->wipe)
        wiped_free(buf);
    else
        buf_free(buf);
}

static void on_closed(uv_handle_t *handle) {
    struct conn *conn = handle->data;
    conn->list->accepted -= conn->accepted;
    SSL_free(conn->ssl);
    SSL_free(conn->outer);
    tls_pipe_free(&conn->pipe);
    tls_pipe_free(&conn->outer_pipe);
    conn_drop(conn, &conn->in);
    conn_drop(conn, &conn->out);
    free(conn);
}

void conn_abort(struct conn *conn) {
    if (conn->closed)
        return;
    conn->closed = conn->closing = true;
    conn->owner = NULL;
    conn_part(conn);
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    for (struct conn **at = &conn->list->dirty; *at; at = &(*at)->next_dirty)
        if (*at == conn) {
            *at = conn->next_dirty;
            break;
        }
    conn->dirty = true; /* and in no list from here on */
    if (!uv_is_closing((uv_handle_t *)&conn->tcp))
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

/* socket(7): no time to linger is a reset. */
void conn_reset_now(struct conn *conn) {
    const struct linger none = {.l_onoff = 1};
    uv_os_fd_t file;
    if (uv_fileno((uv_handle_t *)&conn->tcp, &file) == 0)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    conn_abort(conn);
}

void conn_end(struct conn *conn, const char *why) {
    if (conn->ended || conn->closed)
        return;
    uv_read_stop((uv_stream_t *)&conn->tcp);
    if (!why && conn->halves && !conn->closing) {
        conn->half = true;
        conn->events->ended(conn->owner, NULL);
        return;
    }
    conn->ended = true;
    if (conn->closing)
        conn_abort(conn);
    else
        conn->events->ended(conn->owner, why);
}

void conn_mark_dirty(struct conn *conn) {
    if (conn->dirty)
        return;
    conn->dirty = true;
    conn->next_dirty = conn->list->dirty;
    conn->list->dirty = conn;
}

void conn_close(struct conn *conn) {
    if (conn->closing)
        return;
    conn->closing = true;
    conn->owner = NULL;
    conn_part(conn);
    if (!conn->connected || conn->failed) {
        conn_abort(conn);
        return;
    }
    conn_mark_dirty(conn);
}

void conn_reset(struct conn *conn) {
    conn->resets = true;
    conn_close(conn);
}

void conn_tick(struct conn_list *list) {
    for (struct conn *conn = list->first, *next; conn; conn = next) {
        next = conn->next;
        if (!conn->closing)
            continue;
        size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp);
        conn->lingered = left < conn->left ? 0 : conn->lingered + 1;
        conn->left = left;
        if (conn->lingered > LINGER_SECONDS)
            conn_abort(conn);
    }
}
/* The only place that sends, and that resumes: here no owner waits for the end of a call. */
void conn_flush(struct conn_list *list) {
    while (list->dirty) {
        struct conn *conn = list->dirty;
        list->dirty = conn->next_dirty;
        conn->dirty = false;
        if (!conn->connected)
            continue;
        if (conn->resumes)
            conn_resume_now(conn);
        if (conn->gathers && !conn->closing) {
            conn->gathers = false;
            conn->events->gather(conn->owner);
        }
        if (!conn->closed)
            conn_encrypt(conn);
        if (!conn->closed)
            conn_send(conn);
    }
}

static void on_prepare(uv_prepare_t *handle) {
    conn_flush(handle->data);
}

/* Beginnings. */

static struct conn *conn_new(struct conn_list *list, const struct conn_events *events,
                             void *owner) {
    struct conn *conn = must_alloc(sizeof *conn);
    *conn = (struct conn){.list = list, .events = events, .owner = owner, .next = list->first};
    conn->link = &list->first;
    if (conn->next)
        conn->next->link = &conn->next;
    list->first = conn;
    uv_tcp_init(list->loop, &conn->tcp);
    conn->tcp.data = conn;
    return conn;
}

static void connected(struct conn *conn) {
    conn->connected = true;
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_tcp_keepalive(&conn->tcp, 1, 60);
}

struct conn *conn_accept(struct conn_list *list, uv_stream_t *server,
                         const struct conn_events *events, void *owner) {
    struct conn *conn = conn_new(list, events, owner);
    if (uv_accept(server, (uv_stream_t *)&conn->tcp) < 0) {
        conn_abort(conn);
        return NULL;
    }
    connected(conn);
    conn->ready = conn->accepted = true;
    list->accepted++;
    conn_read(conn);
    return conn;
}

static void on_connected(uv_connect_t *request, int status) {
    struct conn *conn = request->data;
    if (conn->closed)
        return;
    if (status < 0) {
        conn_end(conn, uv_strerror(status));
        return;
    }
    connected(conn);
    conn_read(conn);
    if (conn->ssl) {
        conn_handshake(conn);
    } else {
        conn->ready = true;
        conn->events->ready(conn->owner);
    }
}

struct conn *conn_connect(struct conn_list *list, const struct sockaddr *address,
                          const struct conn_events *events, void *owner) {
    struct conn *conn = conn_new(list, events, owner);
    conn->connecting.data = conn;
    int error = uv_tcp_connect(&conn->connecting, &conn->tcp, address, on_connected);
    if (error < 0) { /* a family that this host lacks: its owner tries the next address */
        conn_abort(conn);
        return NULL;
    }
    return conn;
}

void conn_start_tls(struct conn *conn, SSL *ssl) {
    conn_encrypt(conn); /* what was said in that which stands */
    if (conn->ssl) {
        conn->outer = conn->ssl;
        tls_pipe_move(&conn->outer_pipe, &conn->pipe, conn->outer);
    }
    conn->ssl = ssl;
    conn->ready = false;
    conn->starts_tls = conn->in_data;
    tls_pipe_attach(&conn->pipe, ssl);
    if (conn->out.len) { /* said in the clear, before */
        buf_add(&conn->pipe.out, conn->out.data, conn->out.len);
        conn->out.len = 0;
    }
}

void conn_own(struct conn *conn, const struct conn_events *events, void *owner) {
    conn->events = events;
    conn->owner = owner;
}

void conn_halve(struct conn *conn) {
    conn->halves = true;
}

void conn_shut(struct conn *conn) {
    conn->shuts = true;
    conn_mark_dirty(conn);
}

int conn_file(const struct conn *conn) {
    uv_os_fd_t file;
    return uv_fileno((const uv_handle_t *)&conn->tcp, &file) == 0 ? file : -1;
}

SSL *conn_ssl(struct conn *conn) {
    return conn->ssl;
}

bool conn_tls_failed(const struct conn *conn) {
    return conn->failed;
}

void conn_list_start(struct conn_list *list, uv_loop_t *loop) {
    list->loop = loop;
    list->full = CONN_FULL;
    conn_pipe_start(list);
    uv_prepare_init(loop, &list->flush);
    list->flush.data = list;
    uv_prepare_start(&list->flush, on_prepare);
    uv_unref((uv_handle_t *)&list->flush);
}
