/* What a connection sends. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/conn_private.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

static size_t waiting(const struct conn *conn) {
    return conn->out.len + conn->pipe.out.len + conn->outer_pipe.out.len + conn->flying.len;
}

/* From then on until drained() is told, so that whoever saw it hears of the end of it; what waits
 * grows when it is encrypted, too. */
bool conn_is_full(const struct conn *conn) {
    return conn->full;
}

void conn_wipe(struct conn *conn) {
    conn->wipe = true;
    if (conn->ssl) /* which else keeps what it read last */
        SSL_set_options(conn->ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

/* One buffer goes from connection to connection, so that each that is idle has none, and those that
 * are busy do not make the kernel give and take memory with each piece. */
static void borrow(struct conn *conn, struct buf *out) {
    if (out->data)
        return;
    *out = conn->list->spare;
    out->len = 0;
    conn->list->spare = (struct buf){0};
}

static void give_back(struct conn *conn, struct buf *out) {
    struct buf *spare = &conn->list->spare, larger = *out;
    if (conn->wipe && !conn->ssl && out->data)
        OPENSSL_cleanse(out->data, out->cap);
    *out = (struct buf){0};
    if (larger.cap > SPARE || larger.cap <= spare->cap) {
        buf_free(&larger);
        return;
    }
    buf_free(spare);
    *spare = larger;
}

static void on_written(uv_write_t *write, int status) {
    struct conn *conn = write->data;
    give_back(conn, &conn->flying);
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

/* False: it cannot be. */
static bool shut(struct conn *conn) {
    if (conn->shut)
        return true;
    conn->shut = true;
    uv_shutdown_t *request = must_alloc(sizeof *request);
    request->data = conn;
    if (!conn->ended && uv_shutdown(request, (uv_stream_t *)&conn->tcp, on_shut) == 0)
        return true;
    free(request);
    return false;
}

static void all_gone(struct conn *conn) {
    if (!conn->closing) {
        if (conn->full && waiting(conn) < conn->list->full / DRAINED) {
            conn->full = false;
            conn->events->drained(conn->owner);
        }
        if (conn->shuts && !conn->closing)
            shut(conn);
        conn_move_on(conn);
        return;
    }
    if (conn->resets) {
        conn_reset_now(conn);
        return;
    }
    bool first = !conn->shut;
    if (!shut(conn) || conn->half || conn->ended) {
        conn_abort(conn);
        return;
    }
    if ((first && !conn->reading) || conn->paused)
        conn_resume(conn); /* and forgets what comes */
}

/* The buffer itself waits, but for a small rest: of those who do not read there may be many. */
static void wait_to_send(struct conn *conn, struct buf *out, size_t gone) {
    size_t left = out->len - gone;
    if (left < out->cap / 2) {
        buf_add(&conn->flying, out->data + gone, left);
        give_back(conn, out);
        gone = 0;
    } else {
        conn->flying = *out;
        conn->flying.len = left;
        *out = (struct buf){0};
    }
    uv_buf_t rest = uv_buf_init(conn->flying.data + gone, (unsigned)left);
    uv_write_t *write = must_alloc(sizeof *write);
    write->data = conn;
    if (uv_write(write, (uv_stream_t *)&conn->tcp, &rest, 1, on_written) == 0)
        return;
    free(write);
    give_back(conn, &conn->flying);
    conn_end(conn, "the connection broke");
}

/* Of TLS in TLS: what is ready becomes records of the outer one. */
static void wrap(struct conn *conn) {
    struct buf *inner = &conn->pipe.out;
    size_t written;
    if (!conn->outer)
        return;
    ERR_clear_error();
    if (inner->len) {
        borrow(conn, &conn->outer_pipe.out);
        if (SSL_write_ex(conn->outer, inner->data, inner->len, &written) != 1)
            conn->failed = true; /* told with the next flush */
        if (conn->failed)
            conn_mark_dirty(conn);
        give_back(conn, inner);
    }
    if ((conn->closing || conn->shuts) && !conn->resets &&
        !(SSL_get_shutdown(conn->outer) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(conn->outer);
}

/* What is ready goes out, as far as the kernel takes it at once; the rest when it takes more. */
void conn_send(struct conn *conn) {
    struct buf *out = conn->outer ? &conn->outer_pipe.out
                      : conn->ssl ? &conn->pipe.out
                                  : &conn->out;
    if (conn->flying.len)
        return;
    wrap(conn);
    if (out->len) {
        uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
        int sent = uv_try_write((uv_stream_t *)&conn->tcp, &piece, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            conn_end(conn, uv_strerror(sent));
            return;
        }
        size_t gone = sent > 0 ? (size_t)sent : 0;
        if (gone < out->len) {
            wait_to_send(conn, out, gone);
            return;
        }
        give_back(conn, out);
    }
    all_gone(conn);
}

/* Whole, as the pipe takes everything. A failure is told by conn_encrypt(): whoever writes is not
 * called back. */
static void encrypt(struct conn *conn, const char *data, size_t length) {
    size_t written;
    borrow(conn, &conn->pipe.out);
    ERR_clear_error();
    if (SSL_write_ex(conn->ssl, data, length, &written) != 1)
        conn->failed = true;
}

static void encrypt_kept(struct conn *conn) {
    encrypt(conn, conn->out.data, conn->out.len);
    if (conn->wipe)
        OPENSSL_cleanse(conn->out.data, conn->out.len);
    conn->out.len = 0;
    if (conn->out.cap > KEPT)
        buf_free(&conn->out);
}

void conn_encrypt(struct conn *conn) {
    if (!conn->ssl || !conn->ready)
        return;
    if (conn->out.len && !conn->failed)
        encrypt_kept(conn);
    if (conn->failed) {
        conn_end(conn, "TLS broke");
        return;
    }
    if (conn->closing && !conn->resets && !(SSL_get_shutdown(conn->ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(conn->ssl);
}

/* Whole records are made where the data lies, without a copy of it; what is less waits for more. */
static size_t write_records(struct conn *conn, const char *data, size_t length) {
    size_t done = 0;
    if (conn->out.len && conn->out.len + length >= RECORD) {
        done = conn->out.len < RECORD ? RECORD - conn->out.len : 0;
        conn_keep(conn, &conn->out, data, done);
        encrypt_kept(conn);
    }
    size_t whole = conn->out.len ? 0 : (length - done) / RECORD * RECORD;
    if (whole)
        encrypt(conn, data + done, whole);
    return done + whole;
}

void conn_write(struct conn *conn, const void *data, size_t length) {
    if (conn->closing || conn->ended || conn->failed)
        return;
    size_t done = 0;
    if (!conn->ssl)
        borrow(conn, &conn->out);
    else if (conn->ready)
        done = write_records(conn, data, length);
    conn_keep(conn, &conn->out, (const char *)data + done, length - done);
    if (waiting(conn) > conn->list->full)
        conn->full = true;
    conn_mark_dirty(conn);
}

void conn_gather(struct conn *conn) {
    conn->gathers = true;
    conn_mark_dirty(conn);
}
