#include "engine/secret_file.h"
#include "base/die.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORTEST = 8, LONGEST = 16384, MOST_READ = 32768 };

static struct secret secret_room(size_t n) {
    struct secret secret = {OPENSSL_secure_malloc(n), 0, n};
    if (!secret.s)
        secret.s = OPENSSL_malloc(n); /* what is locked is full */
    if (!secret.s)
        die("no memory for a secret");
    return secret;
}

void secret_wipe(struct secret *secret) {
    if (secret->s)
        OPENSSL_secure_clear_free(secret->s, secret->room);
    *secret = (struct secret){0};
}

#ifdef __APPLE__
#define MTIME(status) (status)->st_mtimespec
#define CTIME(status) (status)->st_ctimespec
#else
#define MTIME(status) (status)->st_mtim
#define CTIME(status) (status)->st_ctim
#endif

static int64_t nanoseconds(struct timespec t) {
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct signature signature(const struct stat *status) {
    return (struct signature){SIGNATURE_NUMBERS,
                              {(int64_t)status->st_dev, (int64_t)status->st_ino,
                               (int64_t)status->st_size, nanoseconds(MTIME(status)),
                               nanoseconds(CTIME(status))}};
}

struct signature signature_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? signature(&status) : (struct signature){0};
}

bool signatures_equal(const struct signature *a, const struct signature *b) {
    return a->n == b->n && memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0;
}

struct secret secret_copy(const char *s, size_t n) {
    struct secret secret = secret_room(n + 1);
    memcpy(secret.s, s, n);
    secret.s[n] = '\0';
    secret.n = n;
    return secret;
}

/* Spaces, controls and line ends would change the request around it. */
bool secret_is_usable(const char *s, size_t n) {
    if (n < SHORTEST || n > LONGEST)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < 0x21 || s[i] > 0x7e)
            return false;
    return true;
}

/* The length without the line end behind it; 0: it is no secret. */
static size_t usable(const char *text, size_t n) {
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    return secret_is_usable(text, n) ? n : 0;
}

static bool read_all(int fd, struct secret *secret) {
    while (secret->n < secret->room) {
        ssize_t got = read(fd, secret->s + secret->n, secret->room - secret->n);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        secret->n += (size_t)got;
    }
    return true;
}

static enum secret_outcome read_open(int fd, struct secret *secret, struct signature *found) {
    struct stat status;
    if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode))
        return SECRET_NOT_THERE;
    if (!S_ISREG(status.st_mode))
        return SECRET_NOT_REGULAR;
    *found = signature(&status);
    *secret = secret_room(status.st_size < MOST_READ ? (size_t)status.st_size + 1 : MOST_READ);
    bool whole = read_all(fd, secret);
    secret->n = whole ? usable(secret->s, secret->n) : 0;
    if (secret->n)
        return SECRET_READ;
    secret_wipe(secret);
    return whole ? SECRET_NOT_USABLE : SECRET_NOT_THERE;
}

enum secret_outcome secret_file_read(const char *path, struct secret *secret,
                                     struct signature *found) {
    /* A FIFO in the place of a secret must not stop the proxy. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return SECRET_NOT_THERE;
    enum secret_outcome outcome = read_open(fd, secret, found);
    close(fd);
    return outcome;
}
