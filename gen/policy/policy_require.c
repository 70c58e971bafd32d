/* What every rule has to say, and how long it may last. */
#include "policy/policy_private.h"

static void tell(struct policy_run *run, struct text before, struct text what) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    plain_again(&sentence, before);
    buf_lit(&sentence, " ");
    policy_may(run, &sentence);
    plain_again(&sentence, what);
    plain_again(&subject, before);
    buf_lit(&subject, " that ");
    plain_again(&subject, what);
    policy_add(run, &sentence, &subject);
}

static bool asks(const struct require *require, enum required what) {
    for (size_t i = 0; i < require->rules.n; i++)
        if (require->rules.v[i] == what)
            return true;
    return false;
}

static void write_days(struct buf *b, int64_t days) {
    buf_uint(b, (uint64_t)days);
    if (days == 1)
        buf_lit(b, " day");
    else
        buf_lit(b, " days");
}

static void tell_lifetime(struct policy_run *run, int64_t less, int64_t more) {
    BUF_CLEANUP struct buf what = {0};
    buf_lit(&what, "last longer than ");
    write_days(&what, less);
    buf_lit(&what, " from when it is rendered");
    if (more) {
        buf_lit(&what, ", up to ");
        write_days(&what, more);
    }
    tell(run, (struct text){"a rule"}, policy_keep(run, &what));
}

void policy_more_require(struct policy_run *run, const struct spec *less, const struct spec *more) {
    static const struct text without[] = {[REQUIRED_OWNER] = {"be without an owner"},
                                          [REQUIRED_REASON] = {"be without a reason"},
                                          [REQUIRED_EXPIRES] = {"be without an end"}};
    const struct require *a = &less->require, *b = &more->require;
    for (int what = REQUIRED_OWNER; what <= REQUIRED_EXPIRES; what++)
        if (asks(a, (enum required)what) && !asks(b, (enum required)what))
            tell(run, (struct text){"a rule"}, without[what]);
    if (a->lifetime && (!b->lifetime || b->lifetime > a->lifetime))
        tell_lifetime(run, a->lifetime, b->lifetime);
    if (a->bases == BASES_SIGNED && b->bases != BASES_SIGNED)
        tell(run, (struct text){"what is extended from git"}, (struct text){"be unsigned"});
}
