/* Public keys of ssh, and whether a signature is by one of them. */
#ifndef SSH_KEY_H
#define SSH_KEY_H

#include "engine/bytes.h"

/* Of ssh-ed25519 (RFC 8709), ecdsa-sha2-nistp256, 384 and 521 (RFC 5656), ssh-rsa with SHA-256 or
 * SHA-512 (RFC 8332), each as it comes over the wire. All else is no signature. */
bool ssh_key_signed(struct bytes key, struct bytes signature, struct bytes data);

enum { SSH_FINGERPRINT = 52 };
/* As ssh-keygen -l prints it: "SHA256:" and base64. */
void ssh_key_fingerprint(struct bytes key, char out[SSH_FINGERPRINT]);

#endif
