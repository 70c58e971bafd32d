/*
 * What is kept of a login, and its file: AES-256-GCM (NIST SP 800-38D) under a key that root gives.
 * The file is bound to its sandbox and its name; what was cut, altered or put in another's place
 * does not open. A new one is durable before it counts.
 */
#ifndef LOGIN_STORE_H
#define LOGIN_STORE_H

#include "engine/egress.h"
#include "engine/redact.h"
#include "engine/secret_file.h"

#include <stdint.h>

enum { LOGIN_KEY = 32, LOGIN_LONGEST_FILE = 1 << 20 };

struct login_kept {
    struct secret token[LOGIN_TOKENS]; /* s NULL: none */
    int64_t got, ends;                 /* seconds since the epoch; ends 0: it is not said */
    struct secret client_id, client_secret, scope; /* of who asked; s NULL: not said */
    struct secret answer; /* the last one, with placeholders: login_body.h's "compact" */
    struct secret who, plan, account; /* as root said them; s NULL: not said */
    struct secret place;              /* "HOST:PORT/PATH" of the endpoint that gave it */
    struct secret ended; /* why the service gives no new token; s NULL: it does, or may */
};
void login_kept_wipe(struct login_kept *kept);

/* 64 hexadecimal digits in that file, and a line end. False: they are not there. */
bool login_key_read(const char *path, unsigned char key[LOGIN_KEY]);

/* NULL, or why not, in a static text. */
const char *login_store_write(const char *folder, const char *sandbox, const char *name,
                              const unsigned char key[LOGIN_KEY], const struct login_kept *kept);
/* LOGIN_NONE: there is no such file. LOGIN_UNREADABLE: it is not whole, or not of this key. */
enum login_found { LOGIN_FOUND, LOGIN_NONE, LOGIN_UNREADABLE };
enum login_found login_store_read(const char *folder, const char *sandbox, const char *name,
                                  const unsigned char key[LOGIN_KEY], struct login_kept *kept);
/* False: it is still there. */
bool login_store_remove(const char *folder, const char *name);

/* What is in the file, opened. */
struct buf;
void login_text_write(const struct login_kept *kept, struct buf *out); /* who has it wipes it */
/* False: it is no such text, and nothing is kept. */
bool login_text_read(const char *text, size_t n, struct login_kept *kept);

#endif
