/* A company's proxy, which what leaves goes through. */
#include "policy/policy_private.h"
#include "spec/types.h"
#include "spec/vocabulary.h"

#include <string.h>

static bool same_place(const struct upstream *a, const struct upstream *b) {
    return a->proxy.port == b->proxy.port &&
           (!a->proxy.port || strcmp(a->proxy.host.s, b->proxy.host.s) == 0);
}

static void write_place(struct buf *b, const struct upstream *upstream) {
    buf_name(b, upstream->proxy.host);
    buf_lit(b, ", port ");
    buf_uint(b, (uint64_t)upstream->proxy.port);
    if (upstream->proxy.tls)
        buf_lit(b, " (TLS)");
}

/* Whoever is on the way reads the names, and the password. */
static void tell_in_the_clear(struct policy_run *run, const struct upstream *upstream) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "the proxy ");
    write_place(&sentence, upstream);
    buf_lit(&sentence, ", is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "spoken to in the clear");
    buf_lit(&subject, "words in the clear to the proxy ");
    write_place(&subject, upstream);
    policy_add(run, &sentence, &subject);
}

/* It sees every name, and when; and it resolves those that are not known here. */
static void tell_place(struct policy_run *run, const struct upstream *upstream) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "the proxy ");
    write_place(&sentence, upstream);
    buf_lit(&sentence, ", is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "asked for every host that a rule lets through, and finds those that have "
                       "no address here");
    buf_lit(&subject, "the proxy ");
    write_place(&subject, upstream);
    policy_add(run, &sentence, &subject);
}

static bool has_range(const struct upstream *upstream, const struct cidr *cidr) {
    for (size_t i = 0; i < upstream->addresses.n; i++)
        if (cidr_covers(&upstream->addresses.v[i], cidr))
            return true;
    return false;
}

static void tell_range(struct policy_run *run, const struct upstream *upstream, struct cidr cidr) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "the proxy ");
    write_place(&sentence, upstream);
    buf_lit(&sentence, ", may ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "be at ");
    buf_cidr(&sentence, cidr);
    buf_lit(&sentence, " (not public)");
    buf_lit(&subject, "the addresses ");
    buf_cidr(&subject, cidr);
    buf_lit(&subject, " of the proxy ");
    write_place(&subject, upstream);
    policy_add(run, &sentence, &subject);
}

static bool is_excepted(const struct upstream *upstream, struct host_pattern host) {
    for (size_t i = 0; i < upstream->except.n; i++)
        if (host_covers(upstream->except.v[i], host))
            return true;
    return false;
}

static void tell_exception(struct policy_run *run, struct host_pattern host) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_host(&sentence, host);
    buf_lit(&sentence, " is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "connected to past the company's proxy");
    buf_host(&subject, host);
    buf_lit(&subject, " past the company's proxy");
    policy_add(run, &sentence, &subject);
}

static void tell_end(struct policy_run *run, const struct upstream *was) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "what rules let through ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "goes past the proxy ");
    write_place(&sentence, was);
    buf_lit(&subject, "ways past the proxy ");
    write_place(&subject, was);
    policy_add(run, &sentence, &subject);
}

/* Through another one, or through none, is another way: both are told as more. */
void policy_more_upstream(struct policy_run *run, const struct spec *less,
                          const struct spec *more) {
    const struct upstream *was = &less->network.upstream, *is = &more->network.upstream;
    bool same = same_place(was, is);
    if (is->proxy.port && !same)
        tell_place(run, is);
    if (same && was->proxy.tls && !is->proxy.tls)
        tell_in_the_clear(run, is);
    for (size_t i = 0; i < is->addresses.n; i++)
        if (!same || !has_range(was, &is->addresses.v[i]))
            tell_range(run, is, is->addresses.v[i]);
    for (size_t i = 0; was->proxy.port && i < is->except.n; i++)
        if (!is_excepted(was, is->except.v[i]))
            tell_exception(run, is->except.v[i]);
    if (was->proxy.port && !is->proxy.port)
        tell_end(run, was);
}

void policy_other_upstream(struct policy_run *run, const struct spec *old, const struct spec *new) {
    const struct upstream *was = &old->network.upstream, *is = &new->network.upstream;
    BUF_CLEANUP struct buf before = {0};
    BUF_CLEANUP struct buf after = {0};
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (!was->proxy.port || !is->proxy.port)
        return;
    if (was->user.s)
        policy_value(&before, &type_source, &was->password);
    if (is->user.s)
        policy_value(&after, &type_source, &is->password);
    if (strcmp(was->user.s ? was->user.s : "", is->user.s ? is->user.s : "") == 0 &&
        before.len == after.len && (!before.len || memcmp(before.data, after.data, after.len) == 0))
        return;
    buf_lit(&sentence, "the company's proxy is told another user, or given another password");
    buf_lit(&subject, "who the sandbox is to the company's proxy");
    policy_add(run, &sentence, &subject);
}
