/*
 * Signatures by ssh keys, as git makes and checks them (gitformat-signature(5)): ssh-keygen does
 * both, in a process of its own. With an ed25519 key the same bytes get the same signature.
 */
#ifndef SIGN_H
#define SIGN_H

#include "base/buf.h"

/* What a signature is for: of one, it is no signature of another (PROTOCOL.sshsig). */
#define SIGN_COMMIT "git"
#define SIGN_APPROVAL "agent-sandbox-approval"

/* Appends the armored signature of the n bytes by the key in this file (of a public key: by the
 * agent that holds the private one). False: ssh-keygen has said on standard error why not. */
bool sign(const char *key, const char *namespace, const void *data, size_t n,
          struct buf *signature);

/* Appends the public key of the key in this file, as a line of text. False: it has none that can
 * be read. */
bool sign_public_key(const char *key, struct buf *text);

/* "~/x" means a file of the caller's home; the caller frees it. NULL: there is no home. */
char *sign_key_path(const char *path);

enum signed_by {
    SIGNED_BY_ALLOWED, /* who it is was appended */
    SIGNED_BY_OTHER,   /* a good signature by nobody of the allowed ones, or a bad one */
    SIGNED_UNKNOWN,    /* ssh-keygen does not run */
};

/* allowed is the text of a file of allowed signers. */
enum signed_by sign_check(const struct buf *allowed, const struct buf *signature,
                          const char *namespace, const void *data, size_t n, struct buf *who);

#endif
