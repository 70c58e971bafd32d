/* SHA-256 against sha256sum(1): every length around the edges of its blocks, and FIPS 180-4's own
 * examples. */
#include "buf_raw.h"
#include "round_trip.h"
#include "sha256.h"

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

int main(void) {
    char hex[65];
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
