#include "engine/conn.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/tls.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536, FULL = 256 * 1024, DRAINED = 64 * 1024, LINGER_SECONDS = 10 };

struct conn {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    struct conn_list *list;
    struct conn *next, **link, *next_dirty;
    const struct conn_events *events;
    void *owner;
    SSL *ssl;
    struct tls_pipe pipe; /* ciphertext, in and out */
    struct buf in, out;   /* plain: not taken yet, not sent yet */
    char *flying;         /* what uv_write() has */
    size_t flying_length;
    unsigned lingered;
    bool accepted, connected, ready, dirty, reading, wipe, full, ended, failed, shut, closing,
        closed;
    bool paused, resumes; /* resumes: soon */
    bool in_data, again;  /* in data(); resumed meanwhile */
    bool gathers, resets; /* resets: once all has gone out */
    bool starts_tls;      /* what data() leaves is the beginning of TLS */
};

/* Ends. */

static void on_closed(uv_handle_t *handle) {
    struct conn *conn = handle->data;
    conn->list->accepted -= conn->accepted;
    if (conn->wipe && conn->out.cap)
        OPENSSL_cleanse(conn->out.data, conn->out.cap);
    SSL_free(conn->ssl);
    tls_pipe_free(&conn->pipe);
    buf_free(&conn->in);
    buf_free(&conn->out);
    free(conn);
}

void conn_abort(struct conn *conn) {
    if (conn->closed)
        return;
    conn->closed = conn->closing = true;
    conn->owner = NULL;
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
static void reset(struct conn *conn) {
    const struct linger none = {.l_onoff = 1};
    uv_os_fd_t file;
    if (uv_fileno((uv_handle_t *)&conn->tcp, &file) == 0)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    conn_abort(conn);
}

static void end(struct conn *conn, const char *why) {
    if (conn->ended || conn->closed)
        return;
    conn->ended = true;
    uv_read_stop((uv_stream_t *)&conn->tcp);
    if (conn->closing)
        conn_abort(conn);
    else
        conn->events->ended(conn->owner, why);
}

static void mark_dirty(struct conn *conn) {
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
    if (!conn->connected || conn->failed) {
        conn_abort(conn);
        return;
    }
    mark_dirty(conn);
}

void conn_reset(struct conn *conn) {
    conn->resets = true;
    conn_close(conn);
}

void conn_tick(struct conn_list *list) {
    for (struct conn *conn = list->first, *next; conn; conn = next) {
        next = conn->next;
        if (conn->closing && ++conn->lingered > LINGER_SECONDS)
            conn_abort(conn);
    }
}

/* Out. */

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

static void send_on(struct conn *conn);

static void on_written(uv_write_t *write, int status) {
    struct conn *conn = write->data;
    free(conn->flying);
    conn->flying = NULL;
    conn->flying_length = 0;
    free(write);
    if (conn->closed)
        return;
    if (status < 0) {
        end(conn, uv_strerror(status));
        return;
    }
    send_on(conn);
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
        reset(conn);
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
static void send_on(struct conn *conn) {
    struct buf *out = conn->ssl ? &conn->pipe.out : &conn->out;
    if (conn->flying)
        return;
    if (out->len) {
        uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
        int sent = uv_try_write((uv_stream_t *)&conn->tcp, &piece, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            end(conn, uv_strerror(sent));
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
                end(conn, "the connection broke");
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

static void encrypt(struct conn *conn) {
    if (!conn->ssl || !conn->ready)
        return;
    if (conn->out.len) {
        size_t written;
        ERR_clear_error();
        if (SSL_write_ex(conn->ssl, conn->out.data, conn->out.len, &written) != 1) {
            conn->failed = true;
            end(conn, "TLS broke");
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
    mark_dirty(conn);
}

void conn_gather(struct conn *conn) {
    conn->gathers = true;
    mark_dirty(conn);
}

/* In. */

static void decrypt(struct conn *conn);
static void read_on(struct conn *conn);

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
        read_on(conn);
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
        buf_add(&conn->in, all.data + all.len - left, left);
    buf_free(&all);
}

/* Plain bytes; what the owner leaves is kept in front of what follows. */
static void deliver(struct conn *conn, const char *data, size_t length) {
    if (conn->in.len) {
        buf_add(&conn->in, data, length);
        offer_kept(conn);
        return;
    }
    size_t left = offer(conn, data, length);
    if (left)
        buf_add(&conn->in, data + length - left, left);
}

static void handshake(struct conn *conn) {
    ERR_clear_error();
    int done = SSL_do_handshake(conn->ssl);
    mark_dirty(conn);
    if (done == 1) {
        conn->ready = true;
        conn->events->ready(conn->owner);
        return;
    }
    int error = SSL_get_error(conn->ssl, done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    conn->failed = true;
    send_on(conn); /* the alert */
    end(conn, tls_failure(conn->ssl));
}

/* All that the ciphertext at hand gives, unless the owner takes no more. */
static void decrypt(struct conn *conn) {
    char plain[16384]; /* one record's; what is read may make another connection read on */
    if (!conn->ready && !conn->closing)
        handshake(conn);
    while (conn->ready && !conn->closing && !conn->ended && !conn->paused) {
        size_t length;
        ERR_clear_error();
        if (SSL_read_ex(conn->ssl, plain, sizeof plain, &length) == 1) {
            deliver(conn, plain, length);
            continue;
        }
        int error = SSL_get_error(conn->ssl, 0);
        if (error == SSL_ERROR_ZERO_RETURN) {
            end(conn, NULL);
        } else if (error != SSL_ERROR_WANT_READ) {
            conn->failed = true;
            end(conn, tls_failure(conn->ssl));
        }
        break;
    }
    if (!conn->closed && conn->pipe.out.len)
        mark_dirty(conn); /* TLS 1.3's own messages */
}

void conn_pause(struct conn *conn) {
    conn->paused = true;
    if (conn->closed || !conn->reading)
        return;
    conn->reading = false;
    uv_read_stop((uv_stream_t *)&conn->tcp);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    static char bytes[PIECE]; /* emptied before the next read */
    (void)handle;
    (void)suggested;
    *room = uv_buf_init(bytes, sizeof bytes);
}

static void flush_all(uv_prepare_t *handle);

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *room) {
    struct conn *conn = stream->data;
    struct conn_list *list = conn->list;
    if (conn->closed || length == 0)
        return;
    if (length < 0) {
        bool proper = length == UV_EOF && (!conn->ssl || conn->closing);
        conn->reading = false;
        end(conn, proper             ? NULL
                  : length == UV_EOF ? "the connection was cut"
                                     : uv_strerror((int)length));
        return;
    }
    if (conn->closing) /* nobody reads it */
        return;
    if (!conn->ssl) {
        deliver(conn, room->base, (size_t)length);
    } else {
        tls_pipe_feed(&conn->pipe, room->base, (size_t)length);
        decrypt(conn);
        tls_pipe_keep(&conn->pipe);
    }
    if (length == PIECE) /* more follows: what this gave goes out now, and buffers stay small */
        flush_all(&list->flush);
}

static void read_on(struct conn *conn) {
    if (conn->reading || conn->ended || conn->closed)
        return;
    conn->reading = true;
    int error = uv_read_start((uv_stream_t *)&conn->tcp, give_room, on_read);
    if (error < 0)
        end(conn, uv_strerror(error));
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
    mark_dirty(conn);
}

static void resume_now(struct conn *conn) {
    conn->resumes = false;
    if (conn->in.len && !conn->paused)
        offer_kept(conn);
    if (conn->ssl && !conn->paused)
        decrypt(conn);
    if (!conn->paused)
        read_on(conn);
}

/* The only place that sends, and that resumes: here no owner waits for the end of a call. */
static void flush_all(uv_prepare_t *handle) {
    struct conn_list *list = handle->data;
    while (list->dirty) {
        struct conn *conn = list->dirty;
        list->dirty = conn->next_dirty;
        conn->dirty = false;
        if (!conn->connected)
            continue;
        if (conn->resumes)
            resume_now(conn);
        if (conn->gathers && !conn->closing) {
            conn->gathers = false;
            conn->events->gather(conn->owner);
        }
        if (!conn->closed)
            encrypt(conn);
        if (!conn->closed)
            send_on(conn);
    }
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
    read_on(conn);
    return conn;
}

static void on_connected(uv_connect_t *request, int status) {
    struct conn *conn = request->data;
    if (conn->closed)
        return;
    if (status < 0) {
        end(conn, uv_strerror(status));
        return;
    }
    connected(conn);
    read_on(conn);
    if (conn->ssl) {
        handshake(conn);
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
    uv_prepare_init(loop, &list->flush);
    list->flush.data = list;
    uv_prepare_start(&list->flush, flush_all);
    uv_unref((uv_handle_t *)&list->flush);
}
