/*
 * Who has signed a generation, beside the one who committed it: approvals, made by `approve`, each
 * a signature of SIGN_APPROVAL over approval_write(), which binds one commit of one sandbox.
 */
#ifndef APPROVAL_H
#define APPROVAL_H

#include "policy/policy_needs.h"
#include "store/store.h"

/* What is signed. Two lines behind one that says what it is. */
void approval_write(struct name sandbox, const char *commit, struct buf *out);

/* How STORE_APPROVALS names a key: the SHA-256 of its bytes. */
void approval_key(struct public_key key, char hex[65]);

/* What a commit needs, by the one before it. False: that can't be told. */
bool approvals_needs(struct store *store, const char *commit, struct policy_needs *needs);

/* People, each once, whatever the number of their keys. */
struct approvals {
    char **v;
    size_t n;
};
#define APPROVALS_CLEANUP __attribute__((cleanup(approvals_free)))
void approvals_free(struct approvals *approvals);

/* Adds who approved this commit of those whom needs->by allows; allowed is their allowed_signers.
 */
void approvals_read(struct store *store, const char *commit, const struct policy_needs *needs,
                    const struct buf *allowed, struct approvals *approvals);
void approvals_add(struct approvals *approvals, const char *name);

/* How many of those whom the row wants are among them. */
size_t approvals_count(const struct approvals *approvals, const struct signing_need *row);

#endif
