/* A policy with all that the proxy needs besides deciding: what decides alone is linked into
 * agent-sandbox, too, which knows neither OpenSSL nor a secret. */
#include "base/die.h"
#include "engine/egress_private.h"
#include "engine/redact.h"

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

static void digest(struct egress_authority *authority) {
    if (EVP_Digest(authority->certificates, strlen(authority->certificates), authority->digest,
                   NULL, EVP_sha256(), NULL) != 1)
        die("no SHA-256");
}

static char *certificates_wrong(const struct egress *egress) {
    struct arena *scratch = arena_new();
    char *wrong = NULL;
    for (size_t i = 0; i < egress->authority_count && !wrong; i++)
        if (!are_certificates(egress->authorities[i].certificates))
            wrong =
                must_copy(arena_printf(scratch, "trust[%zu].certificates: certificates in PEM", i));
    arena_free(scratch);
    return wrong;
}

struct egress *egress_load(const char *text, size_t length, char **problem) {
    struct egress *egress = egress_parse(text, length, problem);
    if (egress)
        *problem = certificates_wrong(egress);
    if (*problem) {
        egress_free(egress); /* it has no forms yet */
        return NULL;
    }
    for (size_t i = 0; i < egress->authority_count; i++)
        digest(&egress->authorities[i]);
    for (size_t i = 0; i < egress->credential_count; i++) {
        struct egress_credential *one = &egress->credentials[i];
        if (one->placeholder)
            one->placeholder_forms = forms_new(one->placeholder, strlen(one->placeholder));
    }
    for (size_t i = 0; i < egress->login_count; i++)
        for (int k = 0; k < LOGIN_TOKENS; k++)
            egress->logins[i].forms[k] =
                forms_new(egress->logins[i].marker[k], strlen(egress->logins[i].marker[k]));
    return egress;
}

void egress_free(struct egress *egress) {
    if (!egress)
        return;
    egress_drop_ceilings(egress);
    for (size_t i = 0; i < egress->credential_count; i++)
        forms_unref(egress->credentials[i].placeholder_forms);
    for (size_t i = 0; i < egress->login_count; i++)
        for (int k = 0; k < LOGIN_TOKENS; k++)
            forms_unref(egress->logins[i].forms[k]);
    arena_free(egress->arena);
}
