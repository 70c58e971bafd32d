/* Which key signs a command's commits, and who signed one. */
#ifndef SIGNING_H
#define SIGNING_H

#include "cmd/command.h"
#include "store/store.h"
#include "write/write_json.h"

struct signing_key {
    struct store_signer signer;
    char *key; /* NULL: nothing is signed */
};
#define SIGNING_CLEANUP __attribute__((cleanup(signing_end)))
void signing_end(struct signing_key *signing);

/* The key that a spec names; NULL: none. */
struct signing_wish {
    const char *sandbox, *key;
};

/* The key of --sign (asked, or NULL), or the one that all these specs name. False after a mistake.
 */
bool signing_of_specs(struct signing_key *signing, const char *asked,
                      const struct signing_wish *wishes, size_t n);

/* The key of --sign, or the one that the newest generation of the sandbox names. */
bool signing_of_newest(struct signing_key *signing, const struct call *call, struct store *store,
                       const char *sandbox);

/* For store_sign_with(). */
const struct store_signer *signing_signer(const struct signing_key *signing);

/* The allowed_signers that decide about a commit: those of the generation before, or its own. */
void signing_read_allowed(struct store *store, const char *commit, struct buf *allowed);

/* Who signed the commit itself, appended; false: nobody who is allowed. */
bool signing_signer_of(struct store *store, const char *commit, struct buf *who);

/* The same as signing_of_newest(), of another option. */
bool signing_of_option(struct signing_key *signing, const char *key, struct store *store);

/* As apply sees it: by one whom the generation before allows, or its own list where that has none.
 * "signed by alice", appended. */
void signature_write(struct store *store, const char *commit, struct buf *out);

/* {"state", "signer"} of it, as the value of a key. */
void signature_json(struct store *store, const char *commit, struct json_writer *j);

#endif
