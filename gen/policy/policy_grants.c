/* What operators may let through for a while, and what they are asked about. */
#include "policy/policy_private.h"
#include "spec/types.h"

#include <string.h>

static int64_t seconds_of(const struct grants *grants) {
    return grants->most.seconds ? grants->most.seconds : DEFAULT_GRANT_SECONDS;
}

static int64_t wait_of(const struct grants *grants) {
    return grants->wait ? grants->wait : DEFAULT_WAIT_SECONDS;
}

static bool has_person(const struct grants *grants, struct text name) {
    for (size_t i = 0; i < grants->by.n; i++)
        if (strcmp(grants->by.v[i].s, name.s) == 0)
            return true;
    return false;
}

static bool has_host(const struct grants_most *most, struct host_pattern host) {
    bool found = !most->hosts.v;
    for (size_t i = 0; i < most->hosts.n; i++)
        found = found || host_covers(most->hosts.v[i], host);
    return found;
}

static bool has_method(const struct grants_most *most, struct name method) {
    return !most->methods.v || policy_has_name(most->methods.v, most->methods.n, method.s);
}

static void write_most(struct buf *b, const struct grants *grants) {
    const struct grants_most *most = &grants->most;
    int64_t seconds = seconds_of(grants);
    buf_lit(b, ": ");
    if (most->methods.v)
        policy_names(b, most->methods.v, most->methods.n);
    else
        buf_lit(b, "any method");
    buf_lit(b, ", to ");
    for (size_t i = 0; i < most->hosts.n; i++) {
        policy_comma(b, i, most->hosts.n);
        buf_host(b, most->hosts.v[i]);
    }
    if (most->hosts.v && !most->hosts.n)
        buf_lit(b, "no host");
    if (!most->hosts.v)
        buf_lit(b, "any host");
    buf_lit(b, ", for ");
    policy_value(b, &type_duration, &seconds);
    buf_lit(b, " at most");
}

static void tell_person(struct policy_run *run, const struct grants *grants, struct text name) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    plain_text(&sentence, name);
    buf_lit(&sentence, " may ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "let through for a while what no rule allows");
    write_most(&sentence, grants);
    buf_lit(&subject, "grants by ");
    plain_text(&subject, name);
    policy_add(run, &sentence, &subject);
}

/* host unset: any. */
static void tell_host(struct policy_run *run, const struct host_pattern *host) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "operators may ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "let requests through to ");
    buf_lit(&subject, "grants of ");
    if (host) {
        buf_host(&sentence, *host);
        buf_host(&subject, *host);
    } else {
        buf_lit(&sentence, "any host");
        buf_lit(&subject, "any host");
    }
    policy_add(run, &sentence, &subject);
}

static void tell_method(struct policy_run *run, const struct name *method) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "operators may ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "let through requests of ");
    buf_lit(&subject, "grants of ");
    buf_name(&sentence, method ? *method : (struct name){"any method"});
    buf_name(&subject, method ? *method : (struct name){"any method"});
    policy_add(run, &sentence, &subject);
}

static void tell_time(struct policy_run *run, const struct grants *less,
                      const struct grants *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    int64_t longer = seconds_of(more), shorter = seconds_of(less);
    buf_lit(&sentence, "what operators let through may last ");
    if (run->direction == POLICY_WIDENS)
        policy_value(&sentence, &type_duration, &longer);
    else
        policy_value(&sentence, &type_duration, &shorter);
    buf_lit(&sentence, ", was ");
    if (run->direction == POLICY_WIDENS)
        policy_value(&sentence, &type_duration, &shorter);
    else
        policy_value(&sentence, &type_duration, &longer);
    buf_lit(&subject, "grants of up to ");
    policy_value(&subject, &type_duration, &longer);
    policy_add(run, &sentence, &subject);
}

static void more_of_most(struct policy_run *run, const struct grants *less,
                         const struct grants *more) {
    const struct grants_most *was = &less->most, *is = &more->most;
    if (was->hosts.v && !is->hosts.v)
        tell_host(run, NULL);
    for (size_t i = 0; i < is->hosts.n; i++)
        if (!has_host(was, is->hosts.v[i]))
            tell_host(run, &is->hosts.v[i]);
    if (was->methods.v && !is->methods.v)
        tell_method(run, NULL);
    for (size_t i = 0; i < is->methods.n; i++)
        if (!has_method(was, is->methods.v[i]))
            tell_method(run, &is->methods.v[i]);
    if (seconds_of(more) > seconds_of(less))
        tell_time(run, less, more);
}

/* Where nobody may grant, what may be granted at most is nothing more. */
void policy_more_grants(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->grants.by.n; i++)
        if (!has_person(&less->grants, more->grants.by.v[i]))
            tell_person(run, &more->grants, more->grants.by.v[i]);
    if (less->grants.by.n && more->grants.by.n)
        more_of_most(run, &less->grants, &more->grants);
}

static bool same_most(const struct grants *a, const struct grants *b) {
    if (!a->most.hosts.v != !b->most.hosts.v || !a->most.methods.v != !b->most.methods.v ||
        seconds_of(a) != seconds_of(b))
        return false;
    for (size_t i = 0; i < a->most.hosts.n; i++)
        if (!has_host(&b->most, a->most.hosts.v[i]))
            return false;
    for (size_t i = 0; i < b->most.hosts.n; i++)
        if (!has_host(&a->most, b->most.hosts.v[i]))
            return false;
    return policy_same_names(a->most.methods.v, a->most.methods.n, b->most.methods.v,
                             b->most.methods.n);
}

static void tell_wait(struct policy_run *run, const struct grants *old, const struct grants *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    int64_t was = wait_of(old), is = wait_of(new);
    buf_lit(&sentence, "a request that is asked about waits ");
    policy_value(&sentence, &type_duration, &is);
    buf_lit(&sentence, " at most, was ");
    policy_value(&sentence, &type_duration, &was);
    buf_lit(&subject, "how long a request waits for an answer");
    policy_add(run, &sentence, &subject);
}

void policy_other_grants(struct policy_run *run, const struct spec *old, const struct spec *new) {
    const struct grants *was = &old->grants, *is = &new->grants;
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (wait_of(was) != wait_of(is))
        tell_wait(run, was, is);
    bool anybody = was->by.n || is->by.n; /* then it has been told */
    if (!anybody && !same_most(was, is)) {
        buf_lit(&sentence, "what may be granted at most is another");
        buf_lit(&subject, "what may be granted at most");
        policy_add(run, &sentence, &subject);
    }
    if (was->notify == is->notify &&
        policy_same_text((struct text){was->on_ask.s}, (struct text){is->on_ask.s}))
        return;
    sentence.len = subject.len = 0;
    buf_lit(&sentence, "operators are told in another way of what is asked");
    buf_lit(&subject, "how operators are told of what is asked");
    policy_add(run, &sentence, &subject);
}

void policy_other_ask(struct policy_run *run, const struct spec *old, const struct spec *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (old->network.ask == new->network.ask)
        return;
    buf_lit(&sentence, "a request that no rule allows ");
    if (new->network.ask)
        buf_lit(&sentence, "now waits while an operator is asked");
    else
        buf_lit(&sentence, "is refused at once again, and nobody is asked");
    buf_lit(&subject, "whether operators are asked");
    policy_add(run, &sentence, &subject);
}
