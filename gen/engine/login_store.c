#include "engine/login_store.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/whole_file.h"
#include "engine/wiped.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file: this, a nonce, what is encrypted, its tag. */
static const char magic[] = "ASLOGIN1";
enum { MAGIC = sizeof magic - 1, NONCE = 12, TAG = 16, HEAD = MAGIC + NONCE };

/* -- as bytes -- */

static void set_up(EVP_CIPHER_CTX *context, bool seals, const unsigned char *key,
                   const unsigned char *nonce, const char *sandbox, const char *name) {
    int n;
    unsigned char nul = 0;
    if (EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, seals) != 1 ||
        EVP_CipherUpdate(context, NULL, &n, (const unsigned char *)sandbox, (int)strlen(sandbox)) !=
            1 ||
        EVP_CipherUpdate(context, NULL, &n, &nul, 1) != 1 ||
        EVP_CipherUpdate(context, NULL, &n, (const unsigned char *)name, (int)strlen(name)) != 1)
        die("no AES-256-GCM");
}

static void seal(const struct buf *text, const unsigned char *key, const char *sandbox,
                 const char *name, struct buf *out) {
    unsigned char nonce[NONCE], tag[TAG];
    int n = 0, last = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || RAND_bytes(nonce, NONCE) != 1)
        die("no random bytes");
    set_up(context, true, key, nonce, sandbox, name);
    unsigned char *room = must_alloc(text->len + TAG);
    if (EVP_CipherUpdate(context, room, &n, (const unsigned char *)text->data, (int)text->len) !=
            1 ||
        EVP_CipherFinal_ex(context, room + n, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, tag) != 1)
        die("no AES-256-GCM");
    buf_add(out, magic, MAGIC);
    buf_add(out, nonce, NONCE);
    buf_add(out, room, (size_t)(n + last));
    buf_add(out, tag, TAG);
    free(room);
    EVP_CIPHER_CTX_free(context);
}

/* The text, which the caller wipes; s NULL: it is not whole, or of another key. */
static struct secret unseal(const char *data, size_t length, const unsigned char *key,
                            const char *sandbox, const char *name) {
    struct secret text = {0};
    int n = 0, last = 0;
    if (length < HEAD + TAG || memcmp(data, magic, MAGIC) != 0)
        return text;
    const unsigned char *sealed = (const unsigned char *)data + HEAD;
    size_t body = length - HEAD - TAG;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context)
        die("no AES-256-GCM");
    set_up(context, false, key, (const unsigned char *)data + MAGIC, sandbox, name);
    text = secret_copy(data, length);
    bool whole = EVP_CipherUpdate(context, (unsigned char *)text.s, &n, sealed, (int)body) == 1 &&
                 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG,
                                     (void *)(uintptr_t)(sealed + body)) == 1 &&
                 EVP_CipherFinal_ex(context, (unsigned char *)text.s + n, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    text.n = (size_t)(n + last);
    if (!whole)
        secret_wipe(&text);
    return text;
}

/* -- as a file -- */

bool login_key_read(const char *path, unsigned char key[LOGIN_KEY]) {
    struct secret text;
    struct signature unused;
    long length = 0;
    if (secret_file_read(path, &text, &unused) != SECRET_READ)
        return false;
    char *digits = must_alloc(text.n + 1);
    memcpy(digits, text.s, text.n);
    unsigned char *bytes = text.n == 2 * LOGIN_KEY && !memchr(digits, ':', text.n)
                               ? OPENSSL_hexstr2buf(digits, &length)
                               : NULL;
    bool right = bytes && length == LOGIN_KEY;
    if (right)
        memcpy(key, bytes, LOGIN_KEY);
    if (bytes)
        OPENSSL_clear_free(bytes, (size_t)length);
    OPENSSL_cleanse(digits, text.n);
    free(digits);
    secret_wipe(&text);
    return right;
}

static char *path_of(const char *folder, const char *name, const char *ending) {
    struct buf b = {0};
    buf_printf(&b, "%s/%s%s", folder, name, ending);
    return b.data;
}

static bool write_all(int fd, const char *data, size_t n) {
    while (n) {
        ssize_t wrote = write(fd, data, n);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            data += wrote;
            n -= (size_t)wrote;
        }
    }
    return true;
}

static bool sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

static const char *put_file(const char *folder, const char *name, const struct buf *sealed) {
    char *beside CHAR_CLEANUP = path_of(folder, name, ".new");
    char *path CHAR_CLEANUP = path_of(folder, name, "");
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return "its file cannot be made";
    bool written = write_all(fd, sealed->data, sealed->len) && fsync(fd) == 0;
    if (close(fd) < 0 || !written)
        return "its file cannot be written";
    if (rename(beside, path) < 0 || !sync_folder(folder))
        return "its file cannot be put in its place";
    return NULL;
}

const char *login_store_write(const char *folder, const char *sandbox, const char *name,
                              const unsigned char key[LOGIN_KEY], const struct login_kept *kept) {
    struct buf text = {0}, sealed BUF_CLEANUP = {0};
    login_text_write(kept, &text);
    seal(&text, key, sandbox, name, &sealed);
    wiped_free(&text);
    return put_file(folder, name, &sealed);
}

enum login_found login_store_read(const char *folder, const char *sandbox, const char *name,
                                  const unsigned char key[LOGIN_KEY], struct login_kept *kept) {
    char *path CHAR_CLEANUP = path_of(folder, name, ""), *data CHAR_CLEANUP = NULL;
    size_t length = 0;
    *kept = (struct login_kept){0};
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return LOGIN_NONE;
    if (read_whole_file(path, LOGIN_LONGEST_FILE, &data, &length))
        return LOGIN_UNREADABLE;
    struct secret text = unseal(data, length, key, sandbox, name);
    bool right = text.s && login_text_read(text.s, text.n, kept);
    secret_wipe(&text);
    return right ? LOGIN_FOUND : LOGIN_UNREADABLE;
}

bool login_store_remove(const char *folder, const char *name) {
    char *path CHAR_CLEANUP = path_of(folder, name, "");
    char *beside CHAR_CLEANUP = path_of(folder, name, ".new");
    unlink(beside);
    bool gone = unlink(path) == 0 || errno == ENOENT;
    sync_folder(folder);
    return gone;
}
