#include "engine/ca.h"
#include "base/die.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY_FILE "agent-sandbox-ca-key.pem"
#define PUBLISHED "agent-sandbox-ca.pem" /* what bin/publish-ca reads */

/* CA/Browser Forum's Baseline Requirements, 6.3.2: clients refuse leaves that are valid for more
 * than 398 days. */
enum { CA_DAYS = 3650, LEAF_DAYS = 90, FRESH_DAYS = 60, KEPT = 512, LONGEST_NAME = 64 };

struct leaf {
    char *host;
    X509 *certificate;
    time_t made;
};

struct ca {
    EVP_PKEY *key, *leaf_key; /* one for all leaves: nobody else ever has it */
    X509 *certificate;
    struct leaf kept[KEPT]; /* by a hash of the host */
};

static void must(bool done) {
    if (!done)
        die("OpenSSL makes no certificate");
}

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    must(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *certificate_new(const char *name, EVP_PKEY *key, X509_NAME *issuer, int days) {
    X509 *made = X509_new();
    unsigned char serial[16];
    must(made && RAND_bytes(serial, sizeof serial) == 1);
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, and of one length */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_NAME *subject = X509_NAME_new();
    must(number && subject && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made)));
    if (strlen(name) <= LONGEST_NAME) /* RFC 5280, appendix A.1: ub-common-name */
        must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                        -1, -1, 0) == 1);
    X509_set_version(made, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(made), -24L * 3600); /* clocks differ */
    X509_gmtime_adj(X509_getm_notAfter(made), 24L * 3600 * days);
    must(X509_set_subject_name(made, subject) && X509_set_pubkey(made, key) &&
         X509_set_issuer_name(made, issuer ? issuer : subject));
    X509_NAME_free(subject);
    BN_free(number);
    return made;
}

static void make(struct ca *ca, const char *name) {
    must((ca->key = EVP_EC_gen("P-256")) != NULL);
    X509 *made = ca->certificate = certificate_new(name, ca->key, NULL, CA_DAYS);
    add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(made, made, NID_subject_key_identifier, "hash");
    must(X509_sign(made, ca->key, EVP_sha256()) > 0);
}

static FILE *open_new(const char *path, mode_t mode) {
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    FILE *stream = file < 0 ? NULL : fdopen(file, "w");
    if (!stream && file >= 0)
        close(file);
    return stream;
}

/* Written beside, then renamed over: after a power cut it is the old one or the new one. */
static const char *save(const struct ca *ca, const char *folder, const char *file, bool with_key) {
    char path[4096], beside[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) >= sizeof path ||
        (size_t)snprintf(beside, sizeof beside, "%s/%s.new", folder, file) >= sizeof beside)
        return strerror(ENAMETOOLONG);
    FILE *stream = open_new(beside, with_key ? 0600 : 0644);
    if (!stream)
        return strerror(errno);
    bool written =
        (!with_key || PEM_write_PrivateKey(stream, ca->key, NULL, NULL, 0, NULL, NULL)) &&
        PEM_write_X509(stream, ca->certificate) && fflush(stream) == 0 &&
        fsync(fileno(stream)) == 0;
    if (fclose(stream) != 0 || !written)
        return "its authority cannot be written";
    return rename(beside, path) == 0 ? NULL : strerror(errno);
}

static bool is_of_this_name(X509 *certificate, const char *name) {
    char found[LONGEST_NAME + 2] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, found,
                              sizeof found);
    return strcmp(found, name) == 0 && X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

/* Whether the one that was made before is there, whole and of this name. */
static bool read_kept(struct ca *ca, const char *folder, const char *name) {
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/" KEY_FILE, folder) >= sizeof path)
        return false;
    FILE *stream = fopen(path, "re");
    if (!stream)
        return false;
    ca->key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    ca->certificate = PEM_read_X509(stream, NULL, NULL, NULL);
    fclose(stream);
    if (ca->key && ca->certificate && X509_check_private_key(ca->certificate, ca->key) == 1 &&
        is_of_this_name(ca->certificate, name))
        return true;
    EVP_PKEY_free(ca->key);
    X509_free(ca->certificate);
    ca->key = NULL;
    ca->certificate = NULL;
    return false;
}

const char *ca_open(const char *folder, const char *sandbox, struct ca **out) {
    char name[LONGEST_NAME + 1];
    struct ca *ca = must_alloc(sizeof *ca);
    const char *why = NULL;
    snprintf(name, sizeof name, "agent-sandbox %s", sandbox);
    if (!read_kept(ca, folder, name)) {
        make(ca, name);
        why = save(ca, folder, KEY_FILE, true);
    }
    if (!why)
        why = save(ca, folder, PUBLISHED, false);
    if (why) {
        ca_free(ca);
        return why;
    }
    must((ca->leaf_key = EVP_EC_gen("P-256")) != NULL);
    *out = ca;
    return NULL;
}

static void leaf_forget(struct leaf *leaf) {
    free(leaf->host);
    X509_free(leaf->certificate);
    *leaf = (struct leaf){0};
}

void ca_free(struct ca *ca) {
    if (!ca)
        return;
    for (size_t i = 0; i < KEPT; i++)
        leaf_forget(&ca->kept[i]);
    EVP_PKEY_free(ca->key);
    EVP_PKEY_free(ca->leaf_key);
    X509_free(ca->certificate);
    free(ca);
}

/* host is a name that target_host() took: nothing in it means anything to OpenSSL's syntax. */
static X509 *sign(struct ca *ca, const char *host) {
    char names[300];
    X509 *made =
        certificate_new(host, ca->leaf_key, X509_get_subject_name(ca->certificate), LEAF_DAYS);
    snprintf(names, sizeof names, "%sDNS:%s", strlen(host) <= LONGEST_NAME ? "" : "critical,",
             host);
    add_extension(made, ca->certificate, NID_subject_alt_name, names);
    add_extension(made, ca->certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made, ca->certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(made, ca->certificate, NID_ext_key_usage, "serverAuth");
    add_extension(made, ca->certificate, NID_subject_key_identifier, "hash");
    add_extension(made, ca->certificate, NID_authority_key_identifier, "keyid:always");
    must(X509_sign(made, ca->key, EVP_sha256()) > 0);
    return made;
}

static size_t place_of(const char *host) {
    unsigned hash = 2166136261u; /* FNV-1a */
    for (; *host; host++)
        hash = (hash ^ (unsigned char)*host) * 16777619u;
    return hash % KEPT;
}

void ca_certify(struct ca *ca, SSL *ssl, const char *host) {
    struct leaf *leaf = &ca->kept[place_of(host)];
    time_t now = time(NULL);
    bool fresh = leaf->host && strcmp(leaf->host, host) == 0 && now >= leaf->made &&
                 now - leaf->made < 24L * 3600 * (LEAF_DAYS - FRESH_DAYS);
    if (!fresh) {
        leaf_forget(leaf);
        *leaf = (struct leaf){must_copy(host), sign(ca, host), now};
    }
    must(SSL_use_certificate(ssl, leaf->certificate) == 1 &&
         SSL_use_PrivateKey(ssl, ca->leaf_key) == 1);
}
