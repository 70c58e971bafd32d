/* Public keys of ssh: read from a .pub file's text to bytes, printed from bytes. */
#ifndef PUBLIC_KEY_H
#define PUBLIC_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "spec/spec.h"

/* "ALGORITHM BASE64", and a comment that is left out. False: it is none that ssh-keygen signs with.
 */
bool public_key_parse(struct arena *arena, const char *s, struct public_key *out);

/* Of a security token: its name begins with "sk-". */
bool public_key_is_token(const struct public_key *key);
/* How long an RSA key is; 0 for all others. */
size_t public_key_rsa_bits(const struct public_key *key);

/* "SHA256:" and base64, as ssh-keygen -l prints it. Inert. */
void buf_key_fingerprint(struct buf *b, struct public_key key);

/* Inert: the algorithm's name and base64. */
void buf_public_key(struct buf *b, struct public_key key);

#endif
