#include "engine/way.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/tls.h"
#include "engine/trust.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ANSWER = 16384, WANTS_A_USER = 407 };

const char way_wrong_user[] =
    "the upstream proxy does not take this user and password: it answered 407";

static char *copy_or_null(const char *s) {
    return s ? must_copy(s) : NULL;
}

struct way *way_towards(struct proxy *proxy, const char *host) {
    const struct egress_upstream *upstream = proxy->egress->upstream;
    if (!upstream || egress_host_is_among(upstream->except, upstream->except_count, host))
        return NULL;
    struct way *way = must_alloc(sizeof *way);
    way->host = must_copy(upstream->host);
    way->port = upstream->port;
    way->tls = upstream->tls;
    way->trust = way->tls ? trust_towards(proxy, upstream->host) : NULL;
    way->addresses = ranges_copy(upstream->addresses);
    way->user = copy_or_null(upstream->user);
    way->password.name = UPSTREAM_PASSWORD;
    way->password.source = upstream->password.source;
    way->password.source_name = copy_or_null(upstream->password.source_name);
    return way;
}

void way_free(struct way *way) {
    if (!way)
        return;
    free(way->host);
    free((void *)(uintptr_t)way->addresses.v);
    free(way->user);
    free((void *)(uintptr_t)way->password.source_name);
    free(way);
}

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

bool ways_alike(const struct way *a, const struct way *b) {
    if (!a || !b)
        return !a && !b;
    return same(a->host, b->host) && a->port == b->port && a->tls == b->tls &&
           a->trust == b->trust && same(a->user, b->user) &&
           a->password.source == b->password.source &&
           same(a->password.source_name, b->password.source_name);
}

bool ways_equal(const struct way *a, const struct way *b) {
    return ways_alike(a, b) && (!a || ranges_equal(a->addresses, b->addresses));
}

SSL *way_tls(const struct way *way, struct proxy *proxy) {
    return tls_client(trust_towards(proxy, way->host), way->host, false);
}

const char *way_tls_failure(struct conn *conn, struct arena *arena) {
    SSL *ssl = conn_ssl(conn);
    long verified = SSL_get_verify_result(ssl);
    if (SSL_in_before(ssl))
        return NULL;
    if (!conn_tls_failed(conn))
        return "the upstream proxy closed the connection before TLS stood";
    if (verified != X509_V_OK)
        return arena_printf(arena, "the certificate of the upstream proxy does not hold: %s",
                            X509_verify_cert_error_string(verified));
    return "no TLS came to stand with the upstream proxy; one that speaks none is written http://";
}

/* RFC 7617. Nothing of it stays behind in memory. */
static void write_basic(struct conn *conn, const char *user, struct bytes password) {
    static const char name[] = "Proxy-Authorization: Basic ";
    size_t n = strlen(user), plain = n + 1 + password.n, coded = (plain + 2) / 3 * 4 + 1;
    unsigned char *both = must_alloc(plain + coded);
    memcpy(both, user, n);
    both[n] = ':';
    memcpy(both + n + 1, password.s, password.n);
    int length = EVP_EncodeBlock(both + plain, both, (int)plain);
    conn_wipe(conn);
    conn_write(conn, name, sizeof name - 1);
    conn_write(conn, both + plain, (size_t)length);
    conn_write(conn, "\r\n", 2);
    OPENSSL_cleanse(both, plain + coded);
    free(both);
}

const char *way_write_user(const struct way *way, struct vault *vault, struct conn *conn,
                           struct arena *arena, struct forms **forms) {
    struct bytes secret;
    *forms = NULL;
    const char *why = way->user ? vault_read(vault, &way->password, arena, &secret, forms) : NULL;
    if (way->user && !why)
        write_basic(conn, way->user, secret);
    return why;
}

bool way_forwards(const struct way *way, const struct admitted *to) {
    return way && !to->tls && !to->websocket;
}

const char *way_ask(const struct way *way, struct vault *vault, struct conn *conn, const char *host,
                    int port, struct arena *arena) {
    struct forms *forms;
    const char *head =
        arena_printf(arena, "CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n", host, port, host, port);
    conn_write(conn, head, strlen(head));
    const char *why = way_write_user(way, vault, conn, arena, &forms);
    if (!why)
        conn_write(conn, "\r\n", 2);
    return why;
}

static int status_of(const char *data, size_t length) {
    if (length < 13 || (data[7] != '0' && data[7] != '1') || data[8] != ' ' ||
        (data[12] != ' ' && data[12] != '\r'))
        return 0;
    for (size_t i = 9; i < 12; i++)
        if (!isdigit((unsigned char)data[i]))
            return 0;
    return (data[9] - '0') * 100 + (data[10] - '0') * 10 + data[11] - '0';
}

static size_t head_length(const char *data, size_t length) {
    for (size_t i = 0; i + 4 <= length && i < LONGEST_ANSWER; i++)
        if (memcmp(data + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

size_t way_answer(const char *data, size_t length, struct arena *arena, const char **why) {
    static const char begins[] = "HTTP/1.", no_http[] = "the upstream proxy does not speak HTTP";
    *why = NULL;
    if (length < sizeof begins - 1)
        return 0;
    if (memcmp(data, begins, sizeof begins - 1) != 0) {
        *why = no_http;
        return 0;
    }
    size_t n = head_length(data, length);
    if ((n ? n : length) > LONGEST_ANSWER)
        *why = no_http;
    if (!n || *why)
        return 0;
    int status = status_of(data, n);
    if (status >= 200 && status < 300)
        return n;
    if (!status)
        *why = no_http;
    else if (status == WANTS_A_USER)
        *why = way_wrong_user;
    else
        *why = arena_printf(arena, "the upstream proxy does not let this through: it answered %d",
                            status);
    return 0;
}
