#include "engine/tls.h"
#include "base/buf_raw.h"
#include "base/die.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

/* The pipe. */

static int pipe_read(BIO *bio, char *to, int room) {
    struct tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!pipe->in_length) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t length = pipe->in_length < (size_t)room ? pipe->in_length : (size_t)room;
    memcpy(to, pipe->in, length);
    pipe->in += length;
    pipe->in_length -= length;
    return (int)length;
}

static int pipe_write(BIO *bio, const char *data, int length) {
    struct tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buf_add(&pipe->out, data, (size_t)length);
    return length;
}

static long pipe_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static int pipe_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static const BIO_METHOD *pipe_method(void) {
    static BIO_METHOD *method;
    if (!method) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe");
        BIO_meth_set_read(method, pipe_read);
        BIO_meth_set_write(method, pipe_write);
        BIO_meth_set_ctrl(method, pipe_control);
        BIO_meth_set_create(method, pipe_create);
    }
    return method;
}

void tls_pipe_attach(struct tls_pipe *pipe, SSL *ssl) {
    BIO *bio = BIO_new(pipe_method());
    if (!bio)
        die("no memory for TLS");
    BIO_set_data(bio, pipe);
    SSL_set_bio(ssl, bio, bio);
}

void tls_pipe_move(struct tls_pipe *to, struct tls_pipe *from, SSL *ssl) {
    *to = *from;
    *from = (struct tls_pipe){0};
    BIO_set_data(SSL_get_rbio(ssl), to);
}

void tls_pipe_feed(struct tls_pipe *pipe, const char *data, size_t length) {
    if (!pipe->in_length) {
        pipe->in = data;
        pipe->in_length = length;
        return;
    }
    tls_pipe_keep(pipe);
    buf_add(&pipe->kept, data, length);
    pipe->in = pipe->kept.data;
    pipe->in_length = pipe->kept.len;
}

void tls_pipe_keep(struct tls_pipe *pipe) {
    if (!pipe->in_length) {
        buf_free(&pipe->kept);
        return;
    }
    struct buf kept = {0};
    buf_add(&kept, pipe->in, pipe->in_length);
    buf_free(&pipe->kept);
    pipe->kept = kept;
    pipe->in = kept.data;
}

void tls_pipe_free(struct tls_pipe *pipe) {
    buf_free(&pipe->kept);
    buf_free(&pipe->out);
}

const char *tls_failure(SSL *ssl) {
    static char text[300];
    long verified = SSL_get_verify_result(ssl);
    if (!SSL_is_server(ssl) && verified != X509_V_OK) {
        snprintf(text, sizeof text, "certificate verify failed: %s",
                 X509_verify_cert_error_string(verified));
        return text;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    snprintf(text, sizeof text, "TLS: %s", reason ? reason : "the connection was cut");
    return text;
}

/* Settings of both sides. Compression and renegotiation are attacks; a buffer that is empty is
 * given back. */
static SSL_CTX *context_new(const SSL_METHOD *method) {
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context)
        die("OpenSSL cannot begin");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

/* Servers. */

SSL_CTX *tls_client_context(const char *authorities) {
    SSL_CTX *context = context_new(TLS_client_method());
    int found = authorities ? SSL_CTX_load_verify_locations(context, authorities, NULL)
                            : SSL_CTX_set_default_verify_paths(context);
    if (found != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

void tls_trust(SSL_CTX *context, const char *certificates) {
    BIO *bio = BIO_new_mem_buf(certificates, -1);
    if (!bio)
        die("no memory for TLS");
    for (X509 *one; (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)); X509_free(one))
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one);
    ERR_clear_error();
    BIO_free(bio);
}

SSL *tls_client(SSL_CTX *context, const char *host, bool http2) {
    static const unsigned char both[] = "\2h2\10http/1.1", one[] = "\10http/1.1";
    SSL *ssl = SSL_new(context);
    if (!ssl)
        die("no memory for TLS");
    SSL_set_connect_state(ssl);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT); /* RFC 9525, section 2 */
    if (SSL_set1_host(ssl, host) != 1 || SSL_set_tlsext_host_name(ssl, host) != 1 ||
        SSL_set_alpn_protos(ssl, http2 ? both : one,
                            (unsigned)(http2 ? sizeof both - 1 : sizeof one - 1)) != 0)
        die("no memory for TLS");
    return ssl;
}

bool tls_chose_http2(SSL *ssl) {
    const unsigned char *name;
    unsigned length;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}

/* Clients. */

static int choose(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                  const unsigned char *offered, unsigned offered_length, void *context) {
    static const unsigned char known[] = "\2h2\10http/1.1";
    (void)ssl;
    (void)context;
    unsigned char *found;
    if (SSL_select_next_proto(&found, length, known, sizeof known - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *tls_server_context(void) {
    SSL_CTX *context = context_new(TLS_server_method());
    SSL_CTX_set_alpn_select_cb(context, choose, NULL);
    /* Sessions are resumed by tickets: nothing of them is kept here. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"agent-sandbox", 13);
    return context;
}
