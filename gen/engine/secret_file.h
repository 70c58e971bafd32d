/* One file that holds a secret: modules/proxy/vault.py says what may stand in it. */
#ifndef SECRET_FILE_H
#define SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Device, inode, size, and the times of its last change; n 0: there is no such file. */
enum { SIGNATURE_NUMBERS = 5, SIGNATURE_MTIME = 3 };
struct signature {
    size_t n;
    int64_t numbers[SIGNATURE_NUMBERS];
};
struct signature signature_of(const char *path);
bool signatures_equal(const struct signature *a, const struct signature *b);

/* In memory that is locked where there is room (OPENSSL_secure_malloc(3)). {0} is none. */
struct secret {
    char *s;
    size_t n, room;
};
void secret_wipe(struct secret *secret); /* and frees */
/* A copy, a NUL behind it; the caller wipes. */
struct secret secret_copy(const char *s, size_t n);
/* Whether it can stand in every slot: 8 to 16384 visible ASCII characters. */
bool secret_is_usable(const char *s, size_t n);

/* SECRET_OTHER_SHAPE is what a vault says of one that it has read. */
enum secret_outcome {
    SECRET_READ,
    SECRET_NOT_THERE,
    SECRET_NOT_REGULAR,
    SECRET_NOT_USABLE,
    SECRET_OTHER_SHAPE,
};
/* *secret and *found are set where it is SECRET_READ; the caller wipes. */
enum secret_outcome secret_file_read(const char *path, struct secret *secret,
                                     struct signature *found);

#endif
