#include "engine/chain.h"
#include "base/buf_raw.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file: "NAME NUMBER DIGEST" of the last line, and a newline; the number is as wide as the
 * largest, so each line takes the place of the one before it. */
enum { DIGEST = 2 * SHA256_DIGEST_LENGTH, NAME = 31, WIDTH = 20, SALT = 4 /* bytes */ };

static struct {
    char name[NAME + 1]; /* empty: lines have no chain */
    uint64_t last;       /* the number of the last line */
    char digest[DIGEST + 1];
    int file; /* or -1 */
} chain = {.file = -1};

static void hex(const unsigned char *bytes, size_t n, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
}

static void begin_anew(const char *kind) {
    unsigned char salt[SALT] = {0};
    char text[2 * SALT + 1] = "";
    RAND_bytes(salt, sizeof salt); /* where it fails, two chains may have one name: that is told */
    hex(salt, sizeof salt, text);
    snprintf(chain.name, sizeof chain.name, "%s-%s", kind, text);
    chain.last = 0;
    memset(chain.digest, '0', DIGEST);
}

static bool go_on(const char *kind) {
    char text[NAME + WIDTH + DIGEST + 8] = "", name[NAME + 1], digest[DIGEST + 1];
    size_t n = strlen(kind);
    int end = 0;
    uint64_t last;
    if (chain.file < 0 || pread(chain.file, text, sizeof text - 1, 0) <= 0 ||
        sscanf(text, "%31[a-z0-9-] %20" SCNu64 " %64[0-9a-f]%n", name, &last, digest, &end) != 3 ||
        text[end] != '\n' || strlen(digest) != DIGEST || strncmp(name, kind, n) != 0 ||
        name[n] != '-')
        return false;
    memcpy(chain.name, name, sizeof name);
    memcpy(chain.digest, digest, sizeof digest);
    chain.last = last;
    return true;
}

static void open_state(const char *state) {
    struct buf path BUF_CLEANUP = {0};
    struct stat status;
    buf_printf(&path, "%s/chain", state);
    int file = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0)
        return;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && flock(file, LOCK_EX | LOCK_NB) == 0)
        chain.file = file;
    else
        close(file);
}

void chain_start(const char *kind, const char *state) {
    if (state)
        open_state(state);
    if (!go_on(kind))
        begin_anew(kind);
}

void chain_say(struct buf *line) {
    if (*chain.name)
        buf_printf(line, ", \"chain\": \"%s %" PRIu64 " %s\"", chain.name, chain.last + 1,
                   chain.digest);
}

/* Not synced: what is lost with the machine's power is not the kernel's to know. One that can't be
 * written, on a full disk, is told by --check once this process has ended. */
static void keep(void) {
    char text[NAME + WIDTH + DIGEST + 8];
    int n = snprintf(text, sizeof text, "%s %0*" PRIu64 " %s\n", chain.name, WIDTH, chain.last,
                     chain.digest);
    if (pwrite(chain.file, text, (size_t)n, 0) != n) {
        close(chain.file);
        chain.file = -1;
    }
}

void chain_wrote(const char *line, size_t length) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (!*chain.name)
        return;
    SHA256((const unsigned char *)line, length, digest);
    hex(digest, sizeof digest, chain.digest);
    chain.last++;
    if (chain.file >= 0)
        keep();
}
