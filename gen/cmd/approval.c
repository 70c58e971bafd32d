#include "cmd/approval.h"
#include "base/die.h"
#include "base/sha256.h"
#include "git/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void approval_write(struct name sandbox, const char *commit, struct buf *out) {
    buf_lit(out, "agent-sandbox-approval\nsandbox ");
    buf_name(out, sandbox);
    buf_lit(out, "\ncommit ");
    buf_name(out, (struct name){commit});
    buf_lit(out, "\n");
}

void approval_key(struct public_key key, char hex[65]) {
    sha256_hex(key.bytes, key.n, hex);
}

bool approvals_needs(struct store *store, const char *commit, struct policy_needs *needs) {
    BUF_CLEANUP struct buf old_text = {0}, new_text = {0};
    struct policy_source old = {.what = "the generation before"}, new = {.what = "this generation"};
    char before[48];
    snprintf(before, sizeof before, "%s~1", commit);
    if (store_read_file(store, commit, NULL, "spec.json", &new_text) == STORE_DONE)
        new = (struct policy_source){new.what, new_text.data, new_text.len};
    if (store_read_file(store, before, NULL, "spec.json", &old_text) == STORE_DONE)
        old = (struct policy_source){old.what, old_text.data, old_text.len};
    return policy_needs_between(needs, old, new);
}

void approvals_free(struct approvals *approvals) {
    for (size_t i = 0; i < approvals->n; i++)
        free(approvals->v[i]);
    free(approvals->v);
    *approvals = (struct approvals){0};
}

void approvals_add(struct approvals *approvals, const char *name) {
    for (size_t i = 0; i < approvals->n; i++)
        if (strcmp(approvals->v[i], name) == 0)
            return;
    approvals->v = must_realloc(approvals->v, (approvals->n + 1) * sizeof *approvals->v);
    approvals->v[approvals->n++] = must_copy(name);
}

/* Only where an approval of an allowed key would stand: how many others there are is of no matter.
 */
void approvals_read(struct store *store, const char *commit, const struct policy_needs *needs,
                    const struct buf *allowed, struct approvals *approvals) {
    BUF_CLEANUP struct buf text = {0};
    approval_write(needs->new->name, commit, &text);
    for (size_t i = 0; i < needs->by->allowed.n; i++) {
        BUF_CLEANUP struct buf approval = {0};
        BUF_CLEANUP struct buf who = {0};
        char key[65];
        approval_key(needs->by->allowed.v[i].key, key);
        if (store_read_approval(store, commit, key, &approval) == STORE_DONE &&
            sign_check(allowed, &approval, SIGN_APPROVAL, text.data, text.len, &who) ==
                SIGNED_BY_ALLOWED)
            approvals_add(approvals, who.data);
    }
}

size_t approvals_count(const struct approvals *approvals, const struct signing_need *row) {
    size_t n = 0;
    for (size_t i = 0; i < approvals->n; i++) {
        bool counts = !row->of.n;
        for (size_t k = 0; k < row->of.n && !counts; k++)
            counts = strcmp(row->of.v[k].s, approvals->v[i]) == 0;
        n += counts;
    }
    return n;
}
