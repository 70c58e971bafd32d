#include "engine/ssh_key.h"
#include "engine/ssh_wire.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <stdio.h>
#include <string.h>

enum { RSA_LEAST = 2048, RSA_MOST = 16384, ED25519_KEY = 32, ED25519_SIGNATURE = 64 };

static const unsigned char *octets(struct bytes b) {
    return (const unsigned char *)b.s;
}

static EVP_PKEY *make(const char *type, OSSL_PARAM_BLD *made) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *values = OSSL_PARAM_BLD_to_param(made);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!values || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, values) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(values);
    OSSL_PARAM_BLD_free(made);
    return key;
}

/* Takes the key. */
static bool verify(EVP_PKEY *key, const EVP_MD *digest, struct bytes signature, struct bytes data) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        key && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
        EVP_DigestVerify(context, octets(signature), signature.n, octets(data), data.n) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

static bool by_ed25519(struct wire key, struct bytes signature, struct bytes data) {
    struct bytes point = wire_string(&key);
    if (!wire_is_whole(&key) || point.n != ED25519_KEY || signature.n != ED25519_SIGNATURE)
        return false;
    EVP_PKEY *made = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets(point), point.n);
    return verify(made, NULL, signature, data);
}

static bool by_rsa(struct wire key, const EVP_MD *digest, struct bytes signature,
                   struct bytes data) {
    struct bytes e = wire_big_number(&key), n = wire_big_number(&key);
    if (!wire_is_whole(&key) || n.n > RSA_MOST / 8 || n.n < RSA_LEAST / 8 || e.n == 0 || e.n > 8)
        return false;
    BIGNUM *exponent = BN_bin2bn(octets(e), (int)e.n, NULL);
    BIGNUM *modulus = BN_bin2bn(octets(n), (int)n.n, NULL);
    OSSL_PARAM_BLD *values = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(values, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(values, OSSL_PKEY_PARAM_RSA_E, exponent);
    EVP_PKEY *made = make("RSA", values);
    BN_free(exponent);
    BN_free(modulus);
    return verify(made, digest, signature, data);
}

struct curve {
    const char *algorithm, *name, *group;
    const EVP_MD *(*digest)(void);
};

static const struct curve curves[] = {
    {"ecdsa-sha2-nistp256", "nistp256", "prime256v1", EVP_sha256},
    {"ecdsa-sha2-nistp384", "nistp384", "secp384r1", EVP_sha384},
    {"ecdsa-sha2-nistp521", "nistp521", "secp521r1", EVP_sha512},
};

/* RFC 5656, section 3.1.2: r and s; OpenSSL wants them as DER. */
static bool by_curve(const struct curve *curve, struct wire key, struct bytes signature,
                     struct bytes data) {
    struct bytes name = wire_string(&key), point = wire_string(&key);
    struct wire pair = wire_of(signature);
    struct bytes r = wire_big_number(&pair), s = wire_big_number(&pair);
    if (!wire_is_whole(&key) || !bytes_equal(name, bytes_of(curve->name)) ||
        !wire_is_whole(&pair) || r.n > 66 || s.n > 66)
        return false;
    OSSL_PARAM_BLD *values = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(values, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0);
    OSSL_PARAM_BLD_push_octet_string(values, OSSL_PKEY_PARAM_PUB_KEY, point.s, point.n);
    EVP_PKEY *made = make("EC", values);
    ECDSA_SIG *both = ECDSA_SIG_new();
    ECDSA_SIG_set0(both, BN_bin2bn(octets(r), (int)r.n, NULL),
                   BN_bin2bn(octets(s), (int)s.n, NULL));
    unsigned char *der = NULL;
    int length = i2d_ECDSA_SIG(both, &der);
    ECDSA_SIG_free(both);
    bool good = length > 0 && verify(made, curve->digest(),
                                     (struct bytes){(const char *)der, (size_t)length}, data);
    if (length <= 0)
        EVP_PKEY_free(made);
    OPENSSL_free(der);
    return good;
}

bool ssh_key_signed(struct bytes key, struct bytes signature, struct bytes data) {
    struct wire of = wire_of(key), by = wire_of(signature);
    struct bytes kind = wire_string(&of), algorithm = wire_string(&by), value = wire_string(&by);
    if (of.bad || !wire_is_whole(&by))
        return false;
    if (bytes_equal(kind, BYTES("ssh-rsa"))) {
        bool short_one = bytes_equal(algorithm, BYTES("rsa-sha2-256"));
        if (!short_one && !bytes_equal(algorithm, BYTES("rsa-sha2-512")))
            return false;
        return by_rsa(of, short_one ? EVP_sha256() : EVP_sha512(), value, data);
    }
    if (!bytes_equal(kind, algorithm))
        return false;
    if (bytes_equal(kind, BYTES("ssh-ed25519")))
        return by_ed25519(of, value, data);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (bytes_equal(kind, bytes_of(curves[i].algorithm)))
            return by_curve(&curves[i], of, value, data);
    return false;
}

void ssh_key_fingerprint(struct bytes key, char out[SSH_FINGERPRINT]) {
    unsigned char digest[SHA256_DIGEST_LENGTH], text[48];
    SHA256(octets(key), key.n, digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    snprintf(out, SSH_FINGERPRINT, "SHA256:%.43s", (const char *)text); /* without its padding */
}
