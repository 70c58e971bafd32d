/* Whose generations apply takes. */
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

void policy_more_signing(struct policy_run *run, const struct spec *less, const struct spec *more) {
    if (more->signing.allowed.n == 0 && less->signing.allowed.n > 0)
        tell_unsigned(run, &less->signing);
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
