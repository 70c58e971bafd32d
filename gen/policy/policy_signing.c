/* Whose generations apply takes. */
#include "policy/policy_needs.h"
#include "policy/policy_private.h"

#include <string.h>

static bool same_key(const struct public_key *a, const struct public_key *b) {
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

static const struct signer *find_signer(const struct signing *signing, const char *name) {
    for (size_t i = 0; i < signing->allowed.n; i++)
        if (strcmp(signing->allowed.v[i].name.s, name) == 0)
            return &signing->allowed.v[i];
    return NULL;
}

/* From asking for a signature to asking for none, or the other way round. */
static void tell_unsigned(struct policy_run *run, const struct signing *asked) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct name *names = arena_alloc(run->arena, asked->allowed.n * sizeof *names);
    for (size_t i = 0; i < asked->allowed.n; i++)
        names[i] = asked->allowed.v[i].name;
    buf_lit(&sentence, "generations ");
    policy_may(run, &sentence);
    buf_lit(&sentence, "be applied without a signature of ");
    policy_names(&sentence, names, asked->allowed.n);
    buf_lit(&subject, "generations that nobody signed");
    policy_add(run, &sentence, &subject);
}

static void tell_signer(struct policy_run *run, const struct signer *signer, bool other_key) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "generations that ");
    buf_name(&sentence, signer->name);
    buf_lit(&sentence, " signed");
    if (other_key)
        buf_lit(&sentence, " with another key");
    buf_lit(&sentence, " ");
    policy_may(run, &sentence);
    buf_lit(&sentence, "be applied");
    buf_lit(&subject, "the signer ");
    buf_name(&subject, signer->name);
    policy_add(run, &sentence, &subject);
}

/* -- how many, by what changes -- */

static bool same_or_fewer(const struct signing_need *a, const struct signing_need *b) {
    for (size_t i = 0; i < a->of.n; i++)
        if (b->of.n && !policy_has_name(b->of.v, b->of.n, a->of.v[i].s))
            return false;
    return a->of.n || !b->of.n;
}

static bool holds_change(enum signed_change a, enum signed_change b) {
    return a == b || a == SIGNED_ANY || (a == SIGNED_WIDENING && b != SIGNED_ANY);
}

/* Whether who meets a has met b. */
static bool need_covers(const struct signing_need *a, const struct signing_need *b) {
    return holds_change(a->change, b->change) && a->signatures >= b->signatures &&
           same_or_fewer(a, b);
}

static const struct text changes[] = {
    [SIGNED_ANY] = {"generations"},
    [SIGNED_WIDENING] = {"generations that widen what the agent may do"},
    [SIGNED_CREDENTIAL] = {"generations with a new or wider credential"},
    [SIGNED_RELAXATION] = {"generations that relax a guarantee"},
};

void policy_need_words(const struct signing_need *need, struct buf *b) {
    if (need->signatures == 1) {
        buf_lit(b, "a signature of ");
    } else {
        buf_uint(b, (uint64_t)need->signatures);
        buf_lit(b, " signatures of ");
    }
    if (!need->of.n && need->signatures == 1)
        buf_lit(b, "any signer");
    else if (!need->of.n)
        buf_lit(b, "any signers");
    for (size_t i = 0; i < need->of.n; i++) {
        if (i > 0 && i + 1 == need->of.n)
            buf_lit(b, " or ");
        else if (i > 0)
            buf_lit(b, ", ");
        buf_name(b, need->of.v[i]);
    }
}

static void tell_need(struct policy_run *run, const struct signing_need *need) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    plain_again(&sentence, changes[need->change]);
    plain_again(&subject, changes[need->change]);
    buf_lit(&sentence, " ");
    policy_may(run, &sentence);
    buf_lit(&sentence, "be applied without ");
    policy_need_words(need, &sentence);
    buf_lit(&subject, " without ");
    policy_need_words(need, &subject);
    policy_add(run, &sentence, &subject);
}

static void more_needs(struct policy_run *run, const struct signing *less,
                       const struct signing *more) {
    for (size_t i = 0; i < less->require.n; i++) {
        bool covered = false;
        for (size_t k = 0; k < more->require.n && !covered; k++)
            covered = need_covers(&more->require.v[k], &less->require.v[i]);
        if (!covered)
            tell_need(run, &less->require.v[i]);
    }
}

void policy_more_signing(struct policy_run *run, const struct spec *less, const struct spec *more) {
    if (more->signing.allowed.n == 0 && less->signing.allowed.n > 0)
        tell_unsigned(run, &less->signing);
    more_needs(run, &less->signing, &more->signing);
    if (less->signing.allowed.n == 0)
        return; /* it took everybody's, or this is the first */
    for (size_t i = 0; i < more->signing.allowed.n; i++) {
        const struct signer *signer = &more->signing.allowed.v[i];
        const struct signer *was = find_signer(&less->signing, signer->name.s);
        if (!was || !same_key(&was->key, &signer->key))
            tell_signer(run, signer, was != NULL);
    }
}

void policy_other_signing(struct policy_run *run, const struct spec *old, const struct spec *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (policy_same_text(old->signing.key, new->signing.key))
        return;
    buf_lit(&subject, "the key that signs");
    buf_lit(&sentence, "the key that signs: ");
    if (new->signing.key.s)
        plain_text(&sentence, new->signing.key);
    else
        buf_lit(&sentence, "none");
    buf_lit(&sentence, ", was ");
    if (old->signing.key.s)
        plain_text(&sentence, old->signing.key);
    else
        buf_lit(&sentence, "none");
    policy_add(run, &sentence, &subject);
}
