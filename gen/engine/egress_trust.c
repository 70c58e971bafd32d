/* The authorities that a policy trusts towards servers. */
#include "base/die.h"
#include "engine/egress_private.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string.h>

/* Whether these are certificates, one or more, and each whole; what stands between them is not
 * read.
 */
static bool are_certificates(const char *text) {
    BIO *bio = BIO_new_mem_buf(text, -1);
    size_t count = 0;
    ERR_clear_error();
    for (X509 *one; bio && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)); count++)
        X509_free(one);
    unsigned long error = ERR_peek_last_error();
    bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    return count > 0 && at_end;
}

static void read_authority(struct egress_reading *r, const json_t *item, const char *where,
                           struct egress_authority *authority) {
    if (!egress_object(r, item, where, "certificates|hosts"))
        return;
    const char *at = egress_inside(r, where, "certificates");
    authority->certificates = egress_text(r, json_object_get(item, "certificates"), at);
    if (!r->wrong && !are_certificates(authority->certificates))
        egress_wrong(r, at, "certificates in PEM");
    if (!r->wrong && EVP_Digest(authority->certificates, strlen(authority->certificates),
                                authority->digest, NULL, EVP_sha256(), NULL) != 1)
        die("no SHA-256");
    if (!json_object_get(item, "hosts"))
        return;
    at = egress_inside(r, where, "hosts");
    const json_t *hosts = egress_list(r, json_object_get(item, "hosts"), at);
    authority->host_count = json_array_size(hosts);
    if (!authority->host_count)
        egress_wrong(r, at, "one or more");
    authority->hosts =
        arena_alloc(r->arena, (authority->host_count + 1) * sizeof *authority->hosts);
    for (size_t i = 0; i < authority->host_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(hosts, i), at, "host suffix|"))
            authority->hosts[i] = egress_read_host(r, json_array_get(hosts, i), where);
}

void egress_read_authorities(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *list = json_object_get(top, "trust");
    if (!list)
        return;
    egress_list(r, list, "trust");
    egress->authority_count = json_array_size(list);
    egress->authorities =
        arena_alloc(r->arena, (egress->authority_count + 1) * sizeof *egress->authorities);
    for (size_t i = 0; i < egress->authority_count && !r->wrong; i++)
        read_authority(r, json_array_get(list, i), egress_item(r, "trust", i),
                       &egress->authorities[i]);
}

bool egress_trusts(const struct egress_authority *authority, const char *host) {
    return !authority->host_count ||
           egress_host_is_among(authority->hosts, authority->host_count, host);
}
