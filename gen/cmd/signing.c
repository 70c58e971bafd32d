#include "cmd/signing.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "cmd/approval.h"
#include "git/sign.h"
#include "read/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool sign_commit(const char *commit, size_t length, void *context, struct buf *signature) {
    return sign(context, SIGN_COMMIT, commit, length, signature);
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

bool signing_of_option(struct signing_key *signing, const char *key, struct store *store) {
    *signing = (struct signing_key){0};
    if (key)
        return begin(signing, key);
    char *named = key_of_newest(store, NULL);
    bool done = !named || begin(signing, named);
    free(named);
    return done;
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
void signing_read_allowed(struct store *store, const char *commit, struct buf *allowed) {
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
    signing_read_allowed(store, commit, &allowed);
    if (!allowed.len)
        return SIGNATURE_UNNAMED;
    switch (sign_check(&allowed, &signature, SIGN_COMMIT, text.data, text.len, who)) {
    case SIGNED_BY_ALLOWED:
        return SIGNATURE_ALLOWED;
    case SIGNED_BY_OTHER:
        return SIGNATURE_REFUSED;
    case SIGNED_UNKNOWN:
        break;
    }
    return SIGNATURE_UNKNOWN;
}

bool signing_signer_of(struct store *store, const char *commit, struct buf *who) {
    return signature_of(store, commit, who) == SIGNATURE_ALLOWED;
}

static void write_signer(struct store *store, const char *commit, struct buf *who,
                         struct buf *out) {
    switch (signature_of(store, commit, who)) {
    case SIGNATURE_NONE:
        buf_lit(out, "not signed");
        break;
    case SIGNATURE_ALLOWED:
        buf_printf(out, "signed by %s", who->data);
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

/* -- what it needs beyond that -- */

/* False: nothing is asked for, or nobody can tell. */
static bool read_state(struct store *store, const char *commit, struct policy_needs *needs,
                       struct approvals *people) {
    BUF_CLEANUP struct buf allowed = {0}, who = {0};
    if (store_is_fleet(store) || !approvals_needs(store, commit, needs) || !needs->by->require.n)
        return false;
    if (signing_signer_of(store, commit, &who))
        approvals_add(people, who.data);
    signing_read_allowed(store, commit, &allowed);
    approvals_read(store, commit, needs, &allowed, people);
    return true;
}

static void write_people(const struct approvals *people, const char *signer, struct buf *out) {
    size_t told = 0;
    for (size_t i = 0; i < people->n; i++)
        if (!signer || strcmp(people->v[i], signer) != 0)
            buf_printf(out, "%s%s", told++ ? ", " : "; approved by ", people->v[i]);
}

static void write_needs(const struct policy_needs *needs, const struct approvals *people,
                        struct buf *out) {
    for (size_t i = 0; i < needs->by->require.n; i++) {
        const struct signing_need *row = &needs->by->require.v[i];
        BUF_CLEANUP struct buf words = {0};
        if (!policy_needs_row(needs, row))
            continue;
        size_t has = approvals_count(people, row);
        policy_need_words(row, &words);
        buf_printf(out, "; %s needs %s", type_signed_change.values[row->change], words.data);
        if (has < (size_t)row->signatures)
            buf_printf(out, ", and has %zu", has);
    }
}

void signature_write(struct store *store, const char *commit, struct buf *out) {
    POLICY_NEEDS_CLEANUP struct policy_needs needs = {0};
    APPROVALS_CLEANUP struct approvals people = {0};
    BUF_CLEANUP struct buf who = {0};
    write_signer(store, commit, &who, out);
    if (!read_state(store, commit, &needs, &people))
        return;
    write_people(&people, who.data, out);
    write_needs(&needs, &people, out);
}

static void needs_json(const struct policy_needs *needs, const struct approvals *people,
                       struct json_writer *j) {
    jw_key(j, "people");
    jw_array(j);
    for (size_t i = 0; i < people->n; i++)
        jw_text(j, (struct text){people->v[i]});
    jw_end(j);
    jw_key(j, "needs");
    jw_array(j);
    for (size_t i = 0; i < needs->by->require.n; i++) {
        const struct signing_need *row = &needs->by->require.v[i];
        if (!policy_needs_row(needs, row))
            continue;
        jw_object(j);
        jw_key(j, "change");
        type_signed_change.write(j, &row->change);
        jw_key(j, "signatures");
        jw_uint(j, (uint64_t)row->signatures);
        jw_key(j, "has");
        jw_uint(j, approvals_count(people, row));
        jw_end(j);
    }
    jw_end(j);
}

void signature_json(struct store *store, const char *commit, struct json_writer *j) {
    static const char *const words[] = {"none", "allowed", "refused", "unnamed", "unknown"};
    BUF_CLEANUP struct buf who = {0};
    enum signature_state state = signature_of(store, commit, &who);
    POLICY_NEEDS_CLEANUP struct policy_needs needs = {0};
    APPROVALS_CLEANUP struct approvals people = {0};
    jw_object(j);
    jw_key(j, "state");
    jw_name(j, (struct name){words[state]});
    if (who.len) {
        jw_key(j, "signer");
        jw_text(j, (struct text){who.data});
    }
    if (read_state(store, commit, &needs, &people))
        needs_json(&needs, &people, j);
    jw_end(j);
}
