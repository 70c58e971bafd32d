/*
 * TLS of both sides (OpenSSL): the settings, and the pipe between an SSL and whoever reads and
 * writes its ciphertext. One thread.
 */
#ifndef TLS_H
#define TLS_H

#include "base/buf.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* Ciphertext: in is read where it lies, so it must be kept, or read to its end, before that memory
 * changes. */
struct tls_pipe {
    const char *in;
    size_t in_length;
    struct buf kept, out;
};

void tls_pipe_attach(struct tls_pipe *pipe, SSL *ssl); /* the pipe must not move from here on */
/* It goes on as another one; from is empty. */
void tls_pipe_move(struct tls_pipe *to, struct tls_pipe *from, SSL *ssl);
void tls_pipe_feed(struct tls_pipe *pipe, const char *data, size_t length);
void tls_pipe_keep(struct tls_pipe *pipe); /* copies what was not read yet */
void tls_pipe_free(struct tls_pipe *pipe);

/* Why the last call failed, in words that quote nothing of what came; in a static buffer. */
const char *tls_failure(SSL *ssl);

/* Towards servers: certificates are verified, against FILE, or with NULL the system's authorities;
 * NULL where they cannot be read. */
SSL_CTX *tls_client_context(const char *authorities);
/* Takes these certificates (PEM) for authorities, too. */
void tls_trust(SSL_CTX *context, const char *certificates);
/* The name is what is asked for and what must be in the certificate. http2: it may be chosen. */
SSL *tls_client(SSL_CTX *context, const char *host, bool http2);
/* What a server chose. */
bool tls_chose_http2(SSL *ssl);

/* Towards clients; ca.h gives the certificates. */
SSL_CTX *tls_server_context(void);

#endif
