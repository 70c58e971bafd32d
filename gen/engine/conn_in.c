/* What a connection reads. */
#include "base/buf_raw.h"
#include "engine/conn_private.h"

#include <openssl/err.h>

static void decrypt(struct conn *conn);

/* Of what came over the wire. */
static struct tls_pipe *pipe_of(struct conn *conn) {
    return conn->outer ? &conn->outer_pipe : &conn->pipe;
}

/* How much was not taken and is to be kept. */
static size_t offer(struct conn *conn, const char *data, size_t length) {
    conn->in_data = true;
    do {
        conn->again = false;
        if (conn->closing) /* what comes behind our last words is not read by anybody */
            break;
        size_t taken = conn->events->data(conn->owner, data, length);
        data += taken;
        length -= taken;
    } while (conn->again && length && !conn->starts_tls);
    conn->in_data = false;
    if (conn->closing)
        return 0;
    if (!conn->paused)
        conn_read(conn);
    if (!conn->starts_tls)
        return length;
    conn->starts_tls = false;
    tls_pipe_feed(&conn->pipe, data, length);
    tls_pipe_keep(&conn->pipe);
    decrypt(conn);
    return 0;
}

/* What was kept, unless nothing of it is taken: then it stays where it is, as a head that comes in
 * many pieces would else be copied with each. */
static void offer_kept(struct conn *conn) {
    struct buf all = conn->in;
    conn->in = (struct buf){0};
    size_t left = offer(conn, all.data, all.len);
    if (left == all.len) {
        conn->in = all;
        return;
    }
    if (left)
        conn_keep(conn, &conn->in, all.data + all.len - left, left);
    conn_drop(conn, &all);
}

/* Plain bytes; what the owner leaves is kept in front of what follows. */
static void deliver(struct conn *conn, const char *data, size_t length) {
    if (conn->in.len) {
        conn_keep(conn, &conn->in, data, length);
        offer_kept(conn);
        return;
    }
    size_t left = offer(conn, data, length);
    if (left)
        conn_keep(conn, &conn->in, data + length - left, left);
}

void conn_handshake(struct conn *conn) {
    ERR_clear_error();
    int done = SSL_do_handshake(conn->ssl);
    conn_mark_dirty(conn);
    if (done == 1) {
        conn->ready = true;
        conn->events->ready(conn->owner);
        return;
    }
    int error = SSL_get_error(conn->ssl, done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    conn->failed = true;
    conn_send(conn); /* the alert */
    conn_end(conn, tls_failure(conn->ssl));
}

/* All that the ciphertext at hand gives, unless the owner takes no more. */
static void decrypt(struct conn *conn) {
    char plain[RECORD]; /* one record's; what is read may make another connection read on */
    if (!conn->ready && !conn->closing)
        conn_handshake(conn);
    const SSL *ssl = conn->ssl; /* it may become the outer one meanwhile */
    while (conn->ssl == ssl && conn->ready && !conn->closing && !conn->ended && !conn->half &&
           !conn->paused) {
        size_t length;
        ERR_clear_error();
        if (SSL_read_ex(conn->ssl, plain, sizeof plain, &length) == 1) {
            deliver(conn, plain, length);
            if (conn->wipe) /* what is said back */
                OPENSSL_cleanse(plain, length);
            continue;
        }
        int error = SSL_get_error(conn->ssl, 0);
        if (error == SSL_ERROR_ZERO_RETURN) {
            conn_end(conn, NULL);
        } else if (error != SSL_ERROR_WANT_READ) {
            conn->failed = true;
            conn_end(conn, tls_failure(conn->ssl));
        }
        break;
    }
    if (!conn->closed && conn->pipe.out.len)
        conn_mark_dirty(conn); /* TLS 1.3's own messages */
}

/* Of TLS in TLS: the ciphertext of one more record of the outer one. */
static bool unwrap(struct conn *conn) {
    char inner[RECORD];
    size_t length;
    if (!conn->outer || conn->closing || conn->ended || conn->half || conn->paused)
        return false;
    ERR_clear_error();
    if (SSL_read_ex(conn->outer, inner, sizeof inner, &length) == 1) {
        tls_pipe_feed(&conn->pipe, inner, length);
        decrypt(conn);
        tls_pipe_keep(&conn->pipe);
        return true;
    }
    int error = SSL_get_error(conn->outer, 0);
    if (error == SSL_ERROR_ZERO_RETURN) {
        conn_end(conn, "the connection was cut");
    } else if (error != SSL_ERROR_WANT_READ) {
        conn->failed = true;
        conn_end(conn, tls_failure(conn->outer));
    }
    return false;
}

static void decrypt_all(struct conn *conn) {
    decrypt(conn);
    while (unwrap(conn))
        ;
    if (!conn->closed && conn->outer_pipe.out.len)
        conn_mark_dirty(conn);
}

void conn_pause(struct conn *conn) {
    conn->paused = true;
    if (conn->closed || !conn->reading)
        return;
    conn->reading = false;
    uv_read_stop((uv_stream_t *)&conn->tcp);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    static char bytes[CONN_FULL]; /* emptied before the next read; few calls for what is large */
    struct conn *conn = handle->data;
    (void)suggested;
    conn->moves = conn_moves(conn);
    *room = conn->moves ? uv_buf_init(NULL, 0) : uv_buf_init(bytes, conn->list->full);
}

/* libuv tells of a reset that came together with bytes as of an end: it sees that the connection
 * has gone, and reads no further. */
static ssize_t how_it_ended(const struct conn *conn, ssize_t length) {
    int error = 0;
    socklen_t size = sizeof error;
    if (length == UV_EOF && getsockopt(conn_file(conn), SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
        error)
        return uv_translate_sys_error(error);
    return length;
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *room) {
    struct conn *conn = stream->data;
    struct conn_list *list = conn->list;
    if (length == UV_ENOBUFS && conn->moves)
        length = conn_move(conn);
    if (conn->closed || length == 0)
        return;
    if (length < 0) {
        length = how_it_ended(conn, length);
        bool proper = length == UV_EOF && (!conn->ssl || conn->closing);
        conn->reading = false;
        conn_end(conn, proper             ? NULL
                       : length == UV_EOF ? "the connection was cut"
                                          : uv_strerror((int)length));
        return;
    }
    if (conn->closing) /* nobody reads it */
        return;
    if (!conn->ssl) {
        deliver(conn, room->base, (size_t)length);
        if (conn->wipe) /* what is said back */
            OPENSSL_cleanse(room->base, (size_t)length);
    } else {
        tls_pipe_feed(pipe_of(conn), room->base, (size_t)length);
        decrypt_all(conn);
        tls_pipe_keep(pipe_of(conn));
    }
    /* Before others are read: no event waits for theirs, and buffers stay small. */
    conn_flush(list);
}

void conn_read(struct conn *conn) {
    if (conn->reading || conn->waits || conn->half || conn->ended || conn->closed)
        return;
    conn->reading = true;
    int error = uv_read_start((uv_stream_t *)&conn->tcp, give_room, on_read);
    if (error < 0)
        conn_end(conn, uv_strerror(error));
}

void conn_resume(struct conn *conn) {
    if (conn->closed)
        return;
    conn->paused = false;
    if (conn->in_data) {
        conn->again = true;
        return;
    }
    conn->resumes = true;
    conn_mark_dirty(conn);
}

void conn_resume_now(struct conn *conn) {
    conn->resumes = false;
    if (conn->in.len && !conn->paused)
        offer_kept(conn);
    if (conn->ssl && !conn->paused)
        decrypt_all(conn);
    if (!conn->paused)
        conn_read(conn);
}
