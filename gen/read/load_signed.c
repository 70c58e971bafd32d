/* Whether bases from git are signed, where one of the specs that were read wants that. Who may have
 * signed them is said by the files that want it and those beside them: a base can't let in its own
 * key. */
#include "base/die.h"
#include "git/kept.h"
#include "git/sign.h"
#include "read/load_private.h"
#include "spec/public_key.h"

#include <string.h>

static bool asks(const struct document *document) {
    return document->said && document->said->require.bases == BASES_SIGNED;
}

/* A file of allowed signers (ssh-keygen(1)), of all that stands where this document does. */
static void put_allowed(const struct reading *reading, const struct document *document,
                        struct buf *out) {
    for (size_t i = 0; i < reading->document_count; i++) {
        const struct document *other = reading->documents[i];
        if (!other->said || other->kept != document->kept)
            continue;
        for (size_t k = 0; k < other->said->signing.allowed.n; k++) {
            buf_name(out, other->said->signing.allowed.v[k].name);
            buf_lit(out, " namespaces=\"git\" ");
            buf_public_key(out, other->said->signing.allowed.v[k].key);
            buf_lit(out, "\n");
        }
    }
}

static void check_one(struct reading *reading, const struct pinned *pinned,
                      const struct buf *allowed, const char *asked) {
    BUF_CLEANUP struct buf signature = {0}, text = {0}, who = {0};
    struct aim aim = at_value(pinned->at, "rev");
    if (!kept_signature(pinned->kept, &signature, &text)) {
        complain(reading, aim, "%s@%.10s is not signed, and \"bases\" at %s asks for that%s",
                 pinned->url, pinned->rev, asked, pinned->way);
        return;
    }
    switch (sign_check(allowed, &signature, SIGN_COMMIT, text.data, text.len, &who)) {
    case SIGNED_BY_ALLOWED:
        return;
    case SIGNED_BY_OTHER:
        complain(reading, aim,
                 "%s@%.10s is signed by nobody whom signing.allowed names there, and \"bases\" at "
                 "%s asks for that%s",
                 pinned->url, pinned->rev, asked, pinned->way);
        return;
    case SIGNED_UNKNOWN:
        complain(reading, aim, "%s@%.10s: no ssh-keygen", pinned->url, pinned->rev);
    }
}

static void check_asked(struct reading *reading, const struct document *document) {
    BUF_CLEANUP struct buf allowed = {0};
    struct aim aim = at_value(document->said->require.at, "bases");
    put_allowed(reading, document, &allowed);
    if (!allowed.len)
        complain(reading, aim,
                 "\"bases\" is \"signed\", and no signing.allowed beside it says by "
                 "whom");
    for (size_t i = 0; allowed.len && i < reading->pinned_count; i++)
        if (reading->pinned[i].kept)
            check_one(reading, &reading->pinned[i], &allowed, written_place(reading, aim));
}

void load_check_signed(struct reading *reading) {
    for (size_t i = 0; i < reading->document_count; i++) {
        const struct document *document = reading->documents[i];
        bool done = !asks(document);
        for (size_t k = 0; k < i && !done; k++) /* those of one place want one thing */
            done = asks(reading->documents[k]) && reading->documents[k]->kept == document->kept;
        if (!done)
            check_asked(reading, document);
    }
}
