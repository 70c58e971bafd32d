#include "cmd/signing.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/sign.h"
#include "read/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool sign_commit(const char *commit, size_t length, void *context, struct buf *signature) {
    return sign(context, commit, length, signature);
}

void signing_end(struct signing_key *signing) {
    free(signing->key);
}

static bool begin(struct signing_key *signing, const char *key) {
    signing->key = sign_key_path(key);
    signing->signer = (struct store_signer){sign_commit, signing->key};
    if (!signing->key)
        command_fail(EXIT_WRONG, "%s is below the home folder, and HOME is not set", key);
    return signing->key != NULL;
}

/* A spec is for many machines: where the key is not, the commit is not signed, and says so; whether
 * one may go unsigned is apply's to decide. */
static bool begin_if_here(struct signing_key *signing, const char *key) {
    if (!begin(signing, key))
        return false;
    if (access(signing->key, R_OK) == 0)
        return true;
    fprintf(stderr, "agent-sandbox: not signed: the key %s is not here (signing.key)\n", key);
    signing_end(signing);
    *signing = (struct signing_key){0};
    return true;
}

static bool same(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool signing_of_specs(struct signing_key *signing, const char *asked,
                      const struct signing_wish *wishes, size_t n) {
    *signing = (struct signing_key){0};
    if (asked)
        return begin(signing, asked);
    for (size_t i = 0; i < n; i++) {
        struct signing_key found = {0};
        if (i > 0 && same(wishes[i].key, wishes[i - 1].key))
            continue;
        if (wishes[i].key && !begin_if_here(&found, wishes[i].key))
            return false;
        if (i == 0) {
            *signing = found;
            continue;
        }
        bool wrong = !same(found.key, signing->key);
        signing_end(&found);
        if (!wrong)
            continue;
        command_fail(EXIT_WRONG,
                     "%s and %s are to be signed by different keys; say one with --sign, or "
                     "render them one by one",
                     wishes[0].sandbox, wishes[i].sandbox);
        return false;
    }
    return true;
}

/* Of a spec that this version does not read, only --sign can say it. */
static char *key_of_newest(struct store *store, const char *sandbox) {
    BUF_CLEANUP struct buf text = {0};
    char *key = NULL;
    if (store_read_file(store, NULL, sandbox, "spec.json", &text) != STORE_DONE || !text.len)
        return NULL;
    struct diagnostics *diagnostics = diagnostics_new();
    struct reading *reading = reading_new(diagnostics);
    const struct spec *spec = load_committed_spec(reading, "spec.json", text.data, text.len);
    if (spec && spec->signing.key.s)
        key = must_copy(spec->signing.key.s);
    diagnostics_free(diagnostics);
    reading_free(reading);
    return key;
}

bool signing_of_newest(struct signing_key *signing, const struct call *call, struct store *store,
                       const char *sandbox) {
    *signing = (struct signing_key){0};
    if (call->sign)
        return begin(signing, call->sign);
    char *key = key_of_newest(store, sandbox);
    bool done = !key || begin_if_here(signing, key);
    free(key);
    return done;
}

const struct store_signer *signing_signer(const struct signing_key *signing) {
    return signing->key ? &signing->signer : NULL;
}

/* -- who signed -- */

enum signature_state {
    SIGNATURE_NONE,
    SIGNATURE_ALLOWED, /* who it is was appended */
    SIGNATURE_REFUSED, /* by nobody of the allowed ones, or not of this commit */
    SIGNATURE_UNNAMED, /* neither this generation nor the one before says who may */
    SIGNATURE_UNKNOWN, /* it could not be checked */
};

/* A fleet's commits are of one sandbox or another: none of their lists decides for all. */
static void read_allowed(struct store *store, const char *commit, struct buf *allowed) {
    char before[64];
    if (store_is_fleet(store))
        return;
    snprintf(before, sizeof before, "%s~1", commit);
    if (store_read_file(store, before, NULL, "allowed_signers", allowed) != STORE_DONE)
        store_read_file(store, commit, NULL, "allowed_signers", allowed);
}

static enum signature_state signature_of(struct store *store, const char *commit, struct buf *who) {
    BUF_CLEANUP struct buf signature = {0}, text = {0}, allowed = {0};
    enum store_result result = store_signature(store, commit, &signature, &text);
    if (result == STORE_UNCHANGED)
        return SIGNATURE_NONE;
    if (result != STORE_DONE)
        return SIGNATURE_UNKNOWN;
    read_allowed(store, commit, &allowed);
    if (!allowed.len)
        return SIGNATURE_UNNAMED;
    switch (sign_check(&allowed, &signature, text.data, text.len, who)) {
    case SIGNED_BY_ALLOWED:
        return SIGNATURE_ALLOWED;
    case SIGNED_BY_OTHER:
        return SIGNATURE_REFUSED;
    case SIGNED_UNKNOWN:
        break;
    }
    return SIGNATURE_UNKNOWN;
}

void signature_write(struct store *store, const char *commit, struct buf *out) {
    BUF_CLEANUP struct buf who = {0};
    switch (signature_of(store, commit, &who)) {
    case SIGNATURE_NONE:
        buf_lit(out, "not signed");
        break;
    case SIGNATURE_ALLOWED:
        buf_printf(out, "signed by %s", who.data);
        break;
    case SIGNATURE_REFUSED:
        buf_lit(out, "signed by nobody who is allowed");
        break;
    case SIGNATURE_UNNAMED:
        buf_lit(out, "signed; nobody is named who may");
        break;
    case SIGNATURE_UNKNOWN:
        buf_lit(out, "signed; it could not be checked");
        break;
    }
}

void signature_json(struct store *store, const char *commit, struct json_writer *j) {
    static const char *const words[] = {"none", "allowed", "refused", "unnamed", "unknown"};
    BUF_CLEANUP struct buf who = {0};
    enum signature_state state = signature_of(store, commit, &who);
    jw_object(j);
    jw_key(j, "state");
    jw_name(j, (struct name){words[state]});
    if (who.len) {
        jw_key(j, "signer");
        jw_text(j, (struct text){who.data});
    }
    jw_end(j);
}
