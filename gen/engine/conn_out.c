/* What a connection sends. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/conn_private.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

static size_t waiting(const struct conn *conn) {
    return conn->out.len + conn->pipe.out.len + conn->flying_length;
}

/* From FULL on until drained() is told, so that whoever saw it hears of the end of it; what waits
 * grows when it is encrypted, too. */
bool conn_is_full(const struct conn *conn) {
    return conn->full;
}

void conn_wipe(struct conn *conn) {
    conn->wipe = true;
}

static void on_written(uv_write_t *write, int status) {
    struct conn *conn = write->data;
    free(conn->flying);
    conn->flying = NULL;
    conn->flying_length = 0;
    free(write);
    if (conn->closed)
        return;
    if (status < 0) {
        conn_end(conn, uv_strerror(status));
        return;
    }
    conn_send(conn);
}

static void on_shut(uv_shutdown_t *request, int status) {
    (void)status;
    struct conn *conn = request->data;
    free(request);
    /* What the peer still sends would turn an orderly end into a reset that takes our last words
     * with it. */
    if (!conn->closed && conn->ended)
        conn_abort(conn);
}

static void all_gone(struct conn *conn) {
    if (!conn->closing) {
        if (conn->full && waiting(conn) < DRAINED) {
            conn->full = false;
            conn->events->drained(conn->owner);
        }
        return;
    }
    if (conn->shut)
        return;
    if (conn->resets) {
        conn_reset_now(conn);
        return;
    }
    conn->shut = true;
    uv_shutdown_t *request = must_alloc(sizeof *request);
    request->data = conn;
    if (conn->ended || uv_shutdown(request, (uv_stream_t *)&conn->tcp, on_shut) < 0) {
        free(request);
        conn_abort(conn);
        return;
    }
    if (!conn->reading)
        conn_resume(conn); /* and forgets what comes */
}

/* What is ready goes out, as far as the kernel takes it at once; the rest when it takes more. */
void conn_send(struct conn *conn) {
    struct buf *out = conn->ssl ? &conn->pipe.out : &conn->out;
    if (conn->flying)
        return;
    if (out->len) {
        uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
        int sent = uv_try_write((uv_stream_t *)&conn->tcp, &piece, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            conn_end(conn, uv_strerror(sent));
            return;
        }
        size_t gone = sent > 0 ? (size_t)sent : 0;
        if (gone < out->len) {
            conn->flying_length = out->len - gone;
            conn->flying = must_alloc(conn->flying_length);
            memcpy(conn->flying, out->data + gone, conn->flying_length);
            uv_write_t *write = must_alloc(sizeof *write);
            write->data = conn;
            piece = uv_buf_init(conn->flying, (unsigned)conn->flying_length);
            if (uv_write(write, (uv_stream_t *)&conn->tcp, &piece, 1, on_written) < 0) {
                free(write);
                conn_end(conn, "the connection broke");
                return;
            }
        }
        if (conn->wipe && !conn->ssl)
            OPENSSL_cleanse(out->data, out->len);
        out->len = 0;
        if (out->cap > PIECE)
            buf_free(out);
        if (conn->flying)
            return;
    }
    all_gone(conn);
}

void conn_encrypt(struct conn *conn) {
    if (!conn->ssl || !conn->ready)
        return;
    if (conn->out.len) {
        size_t written;
        ERR_clear_error();
        if (SSL_write_ex(conn->ssl, conn->out.data, conn->out.len, &written) != 1) {
            conn->failed = true;
            conn_end(conn, "TLS broke");
            return;
        }
        if (conn->wipe)
            OPENSSL_cleanse(conn->out.data, conn->out.len);
        conn->out.len = 0;
        if (conn->out.cap > PIECE)
            buf_free(&conn->out);
    }
    if (conn->closing && !conn->resets && !(SSL_get_shutdown(conn->ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(conn->ssl);
}

void conn_write(struct conn *conn, const void *data, size_t length) {
    if (conn->closing || conn->ended)
        return;
    buf_add(&conn->out, data, length);
    if (waiting(conn) > FULL)
        conn->full = true;
    conn_mark_dirty(conn);
}

void conn_gather(struct conn *conn) {
    conn->gathers = true;
    conn_mark_dirty(conn);
}
