/*
 * What binds each line of the log to the one before it: its member "chain" is
 *
 *     NAME NUMBER DIGEST
 *
 * the name of the chain, which line of it this is, and the SHA-256 (hex) of the whole text of the
 * line before: 64 zeros in the first. modules/proxy/chain.py, in C; agent-sandbox logs --check
 * reads it (modules/host/chain.py). No key is in it: who may write the log anew may write the chain
 * anew. What it shows is a line that is lost, or was changed, by anybody who did not.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "base/buf.h"

#include <stddef.h>

/* kind: what the name begins with. state: a folder of ours, in which a chain goes on after a
 * restart; with NULL, or where its file can't be used, or is another's, one that ends with this
 * process. */
void chain_start(const char *kind, const char *state);
/* The member, with a comma before it; nothing before chain_start(). */
void chain_say(struct buf *line);
/* The line that has it was written. */
void chain_wrote(const char *line, size_t length);

#endif
