/*
 * The sandbox's own certificate authority: made at the first start, named after the sandbox (where
 * two authorities of one name are trusted, OpenSSL tries the first, and nothing can be verified),
 * and the certificates that it signs for the names of tunnels. P-256 (RFC 5480); X.509 as RFC 5280
 * has it.
 */
#ifndef CA_H
#define CA_H

#include <openssl/ssl.h>

struct ca;

/* Reads folder/agent-sandbox-ca-key.pem, or makes it where there is none of this name; then writes
 * its certificate to folder/agent-sandbox-ca.pem, where bin/publish-ca looks. NULL, or why not
 * (static, or strerror(3)'s). */
const char *ca_open(const char *folder, const char *sandbox, struct ca **ca);
void ca_free(struct ca *ca);

/* Certificate and key for that name; kept for the next time. */
void ca_certify(struct ca *ca, SSL *ssl, const char *host);

#endif
