/*
 * Messages of JSON-RPC 2.0 (jsonrpc.org/specification), as MCP sends them: one, or a list of them
 * (its version 2025-03-26). Of each what says what is asked for. modules/proxy/rpc.py, in C. What
 * some readers take for another member, or for another text, is refused.
 */
#ifndef RPC_H
#define RPC_H

#include "engine/bytes.h"

enum { RPC_MOST = 100, RPC_LONGEST_ID = 256 };

struct rpc_message {
    struct bytes method; /* s NULL: none, as it answers */
    struct bytes name;   /* of its params: a string; s NULL: none */
    struct bytes id;     /* as it stands there; s NULL: none, as it is a notification */
};

struct rpc {
    const struct rpc_message *v;
    size_t n;
    bool batch;
};

/* NULL, or why it is none, as the end of a sentence; all in the arena, or in text. */
const char *rpc_read(struct arena *arena, struct bytes text, struct rpc *out);

#endif
