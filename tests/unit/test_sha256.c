/* SHA-256 against sha256sum(1): every length around the edges of its blocks, and FIPS 180-4's own
 * examples. */
#include "base/buf_raw.h"
#include "base/sha256.h"
#include "round_trip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTHS = 200, MILLION = 1000000 };

static void against_sha256sum(size_t n) {
    struct buf data BUF_CLEANUP = {0}, out BUF_CLEANUP = {0};
    char ours[65], byte;
    for (size_t i = 0; i < n; i++) {
        byte = (char)(i * 7 + n);
        buf_add(&data, &byte, 1);
    }
    sha256_hex(data.data ? data.data : "", n, ours);
    run_on("sha256sum", &data, &out);
    expect_true("sha256sum prints 64 digits", out.len > 64);
    out.data[64] = '\0';
    expect_equal("as sha256sum", ours, out.data);
}

/* In pieces of every size up to two blocks. */
static void in_pieces(size_t n) {
    unsigned char data[1000], digest[SHA256_SIZE];
    char whole[65], pieces[65];
    struct sha256 sum;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 13);
    sha256_hex(data, sizeof data, whole);
    sha256_start(&sum);
    for (size_t at = 0; at < sizeof data; at += n)
        sha256_add(&sum, data + at, n < sizeof data - at ? n : sizeof data - at);
    sha256_end(&sum, digest);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(pieces + 2 * i, 3, "%02x", digest[i]);
    expect_equal("in pieces", pieces, whole);
}

static void as_sri(void) {
    unsigned char digest[SHA256_SIZE];
    char sri[SHA256_SRI_SIZE];
    struct sha256 sum;
    sha256_start(&sum);
    sha256_end(&sum, digest);
    sha256_sri(digest, sri);
    expect_equal("the SRI of nothing", sri, "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

int main(void) {
    char hex[65];
    as_sri();
    for (size_t n = 1; n <= 130; n++)
        in_pieces(n);
    sha256_hex("abc", 3, hex);
    expect_equal("FIPS 180-4, one block", hex,
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    expect_equal("FIPS 180-4, two blocks", hex,
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *many = malloc(MILLION);
    if (!many)
        return 1;
    memset(many, 'a', MILLION);
    sha256_hex(many, MILLION, hex);
    expect_equal("FIPS 180-4, a million times a", hex,
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(many);
    for (size_t n = 0; n <= LENGTHS; n++)
        against_sha256sum(n);
    return finish();
}
