/* Public keys of ssh: read from a .pub file's text to bytes, printed from bytes. */
#ifndef PUBLIC_KEY_H
#define PUBLIC_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "spec/spec.h"

/* "ALGORITHM BASE64", and a comment that is left out. False: it is none that ssh-keygen signs with.
 */
bool public_key_parse(struct arena *arena, const char *s, struct public_key *out);

/* Inert: the algorithm's name and base64. */
void buf_public_key(struct buf *b, struct public_key key);

#endif
