/* Checks of the authorities that a spec trusts. */
#include "read/check.h"
#include "spec/pem.h"

#include <string.h>

enum { MOST_CERTIFICATES = 100, LONGEST = 256 * 1024 };

static const char *wrong(const char *text) {
    struct pem_block block;
    size_t n = 0;
    for (const char *at = text; pem_next(&at, &block);) {
        if (block.kind == PEM_PRIVATE_KEY)
            return "it holds a private key, and all of it would be published: certificates alone "
                   "belong here";
        if (block.kind == PEM_OTHER)
            return "it holds something else than certificates (-----BEGIN CERTIFICATE-----)";
        if (block.kind == PEM_BROKEN)
            return "one of its certificates is cut off, or no base64 of one";
        n++;
    }
    if (!n)
        return "it holds no certificate in PEM: a line -----BEGIN CERTIFICATE-----, base64, and "
               "-----END CERTIFICATE-----; openssl x509 -inform der turns what is binary into it";
    if (n > MOST_CERTIFICATES)
        return "more than 100 certificates: name those of the company alone";
    return strlen(text) > LONGEST ? "it is longer than 256 KiB: name those of the company alone"
                                  : NULL;
}

/* Where it is said, and never what: the line of a text could be a key's. */
void check_trust(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.trust.n; i++) {
        const struct authority *authority = &spec->network.trust.v[i];
        const char *why = authority->text.s ? wrong(authority->text.s) : NULL;
        if (why)
            complain(reading, at_key(spec->network.at, "trust"), "%s", why);
    }
}
