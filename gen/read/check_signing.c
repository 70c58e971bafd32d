/* Checks of whose signatures a generation needs. */
#include "base/words.h"
#include "read/check.h"

#include <inttypes.h>
#include <string.h>

static bool is_allowed(const struct signing *signing, const char *name,
                       struct words_nearest *nearest) {
    bool found = false;
    for (size_t i = 0; i < signing->allowed.n; i++) {
        found = found || strcmp(signing->allowed.v[i].name.s, name) == 0;
        words_offer(nearest, signing->allowed.v[i].name.s);
    }
    return found;
}

/* One with two keys is one: names count. */
static int64_t count_people(const struct signing *signing) {
    int64_t n = 0;
    for (size_t i = 0; i < signing->allowed.n; i++) {
        size_t k = 0;
        while (strcmp(signing->allowed.v[k].name.s, signing->allowed.v[i].name.s) != 0)
            k++;
        n += k == i;
    }
    return n;
}

static void check_need(struct reading *reading, const struct signing *signing,
                       const struct signing_need *need) {
    int64_t people = need->of.n ? (int64_t)need->of.n : count_people(signing);
    for (size_t i = 0; i < need->of.n; i++) {
        const char *name = need->of.v[i].s;
        struct words_nearest nearest = {.wanted = name};
        if (!is_allowed(signing, name, &nearest))
            complain(reading, at_item(need->at, "of", name),
                     "no signer in \"allowed\" is called \"%s\"%s%s%s", name,
                     nearest.best ? "; did you mean \"" : "", nearest.best ? nearest.best : "",
                     nearest.best ? "\"?" : "");
    }
    if (need->signatures > people)
        complain(reading,
                 is_written(need->at, "signatures") ? at_value(need->at, "signatures")
                                                    : at_object(need->at),
                 "%" PRId64 " signatures of %" PRId64 " %s: nobody could apply such a change",
                 need->signatures, people, people == 1 ? "person" : "people");
}

static bool same_key(const struct public_key *a, const struct public_key *b) {
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

static void check_keys(struct reading *reading, const struct signing *signing) {
    for (size_t i = 0; i < signing->allowed.n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct signer *one = &signing->allowed.v[i], *other = &signing->allowed.v[k];
            if (same_key(&one->key, &other->key) && strcmp(one->name.s, other->name.s) != 0)
                complain(reading, at_value(one->at, "key"),
                         "this is the key of \"%s\", too: one person would count as two",
                         other->name.s);
        }
}

void check_signing(struct reading *reading, const struct spec *spec) {
    const struct signing *signing = &spec->signing;
    if (!signing->require.n)
        return;
    if (!signing->allowed.n) {
        complain(reading, at_key(signing->at, "require"),
                 "nobody could sign: \"allowed\" names the signers, and there is none");
        return;
    }
    check_keys(reading, signing);
    for (size_t i = 0; i < signing->require.n; i++)
        check_need(reading, signing, &signing->require.v[i]);
}
