/*
 * Secrets: read from their files, again whenever these change, so that rotation needs no restart.
 * Once a secret was good it stays in use until a good one replaces it.
 * modules/proxy/vault.py, in C. They lie in memory that is locked, and wiped when it
 * is given back (OPENSSL_secure_malloc(3)).
 */
#ifndef VAULT_H
#define VAULT_H

#include "engine/egress.h"
#include "engine/redact.h"

struct vault;

/* Where the tokens of logins are (logins.h); nothing of it keeps what it is given. */
struct vault_logins {
    void *context;
    /* As vault_read(). */
    const char *(*access)(void *context, const struct egress_login *login, struct arena *arena,
                          struct bytes *secret, struct forms **forms);
    /* NULL, or why there is none. */
    const char *(*refresh)(void *context, const struct egress_login *login, struct arena *arena,
                           struct bytes *secret);
    /* Its token has ended, and a new one may come. */
    bool (*waits)(void *context, const struct egress_login *login);
};

/* Folders of root's copies, either may be NULL. complain hears of each file that cannot take the
 * place of a secret that is in use, once for each state of the files. */
struct vault *vault_new(const char *credentials_directory, const char *rotated,
                        void (*complain)(const char *problem));
void vault_free(struct vault *vault);
void vault_forget(struct vault *vault); /* look everywhere again */
void vault_keep_logins(struct vault *vault, const struct vault_logins *logins); /* a copy */
const struct vault_logins *vault_logins(const struct vault *vault); /* NULL: there are none */

/* NULL: *secret is the vault's, valid until the next call, and *forms too (take a reference). Else
 * why not: "credential NAME cannot be read", in the arena; never any of it. */
const char *vault_read(struct vault *vault, const struct egress_credential *credential,
                       struct arena *arena, struct bytes *secret, struct forms **forms);

#endif
