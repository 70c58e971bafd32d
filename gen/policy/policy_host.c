/* What a sandbox opens of its host: folders, ports, guarantees relaxed, limits, who may start it.
 */
#include "plan/gaps.h"
#include "policy/policy_private.h"
#include "read/defaults.h"
#include "spec/types.h"

#include <string.h>

/* -- words that say how strict it is -- */

void policy_more_enforcement(struct policy_run *run, const struct spec *less,
                             const struct spec *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (more->network.enforcement <= less->network.enforcement)
        return;
    bool widens = run->direction == POLICY_WIDENS;
    if (widens)
        buf_lit(&sentence, "AUDIT: nothing is refused any more, what no rule allows is logged");
    else
        buf_lit(&sentence, "the rules are enforced again: what no rule allows is refused");
    buf_lit(&subject, "what no rule allows (");
    if (widens)
        buf_lit(&subject, "audit)");
    else
        buf_lit(&subject, "enforce)");
    policy_add(run, &sentence, &subject);
}

static struct text engine_words(enum engine engine) {
    switch (engine) {
    case ENGINE_NATIVE:
        return (struct text){"agent-sandbox-proxy (native)"};
    case ENGINE_MITMPROXY:
        return (struct text){"mitmproxy"};
    case ENGINE_AUTO:
        break;
    }
    return (struct text){"whichever the host has (auto)"};
}

/* Both decide by the same policy, so neither is wider. */
void policy_other_engine(struct policy_run *run, const struct spec *old, const struct spec *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (old->network.engine == new->network.engine)
        return;
    struct text was = engine_words(old->network.engine), is = engine_words(new->network.engine);
    buf_lit(&sentence, "the proxy's program: ");
    plain_again(&sentence, is);
    buf_lit(&sentence, ", was ");
    plain_again(&sentence, was);
    buf_lit(&subject, "the proxy's program");
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->old = was;
    change->new = is;
}

static struct text told_words(bool told) {
    return (struct text){told ? "told of the sandbox around them" : "told nothing"};
}

void policy_other_instructions(struct policy_run *run, const struct spec *old,
                               const struct spec *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (old->instructions == new->instructions)
        return;
    struct text was = told_words(old->instructions), is = told_words(new->instructions);
    buf_lit(&sentence, "by the presets, agents are ");
    plain_again(&sentence, is);
    buf_lit(&sentence, ", were: ");
    plain_again(&sentence, was);
    buf_lit(&subject, "what presets tell their agents");
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->old = was;
    change->new = is;
}

static struct text capture_words(bool capture) {
    return (struct text){capture ? "taken to it" : "without a network"};
}

/* The rules are the same for them. */
void policy_other_capture(struct policy_run *run, const struct spec *old, const struct spec *new) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (old->network.capture == new->network.capture)
        return;
    struct text was = capture_words(old->network.capture), is = capture_words(new->network.capture);
    buf_lit(&sentence, "programs that know no proxy: ");
    plain_again(&sentence, is);
    buf_lit(&sentence, ", was: ");
    plain_again(&sentence, was);
    buf_lit(&subject, "programs that know no proxy");
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->old = was;
    change->new = is;
}

void policy_more_unenforced(struct policy_run *run, const struct spec *less,
                            const struct spec *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (more->unenforced <= less->unenforced)
        return;
    buf_lit(&sentence, "what a host cannot enforce is ");
    if (run->direction == POLICY_WIDENS)
        buf_lit(&sentence, "accepted and stated, not refused");
    else
        buf_lit(&sentence, "refused, not accepted");
    buf_lit(&subject, "what a host cannot enforce");
    policy_add(run, &sentence, &subject);
}

/* -- ports -- */

static void write_ports(struct buf *b, const int64_t *v, size_t n) {
    if (n == 1)
        buf_lit(b, "port ");
    else
        buf_lit(b, "ports ");
    policy_numbers(b, v, n);
}

static void more_ports(struct policy_run *run, const int64_t *less, size_t n_less,
                       const int64_t *more, size_t n_more, struct text verb, struct text what) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    int64_t *added = arena_alloc(run->arena, n_more * sizeof *added);
    size_t n = 0;
    for (size_t i = 0; i < n_more; i++)
        if (!policy_has_number(less, n_less, more[i]))
            added[n++] = more[i];
    if (n == 0)
        return;
    policy_may(run, &sentence);
    plain_again(&sentence, verb);
    plain_again(&sentence, what);
    write_ports(&sentence, added, n);
    plain_again(&subject, what);
    write_ports(&subject, added, n);
    policy_add(run, &sentence, &subject)->count = n;
}

void policy_more_local_ports(struct policy_run *run, const struct spec *less,
                             const struct spec *more) {
    more_ports(run, less->network.local_ports.v, less->network.local_ports.n,
               more->network.local_ports.v, more->network.local_ports.n, (struct text){"reach "},
               (struct text){"this host's loopback, "});
}

void policy_more_publish(struct policy_run *run, const struct spec *less, const struct spec *more) {
    more_ports(run, less->network.publish.v, less->network.publish.n, more->network.publish.v,
               more->network.publish.n, (struct text){"serve every user of this host on "},
               (struct text){"its published "});
}

/* -- workspaces -- */

static const struct workspace *find(const struct spec *spec, const struct workspace *w) {
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        const struct workspace *other = &spec->workspaces.v[i];
        if (strcmp(other->path.s, w->path.s) == 0 &&
            strcmp(other->darwin_path.s, w->darwin_path.s) == 0)
            return other;
    }
    return NULL;
}

static void write_darwin(struct buf *b, const struct workspace *w) {
    buf_lit(b, " (on macOS ");
    plain_word(b, w->darwin_path);
    buf_lit(b, ")");
}

void policy_more_workspaces(struct policy_run *run, const struct spec *less,
                            const struct spec *more) {
    for (size_t i = 0; i < more->workspaces.n; i++) {
        const struct workspace *w = &more->workspaces.v[i], *was = find(less, w);
        BUF_CLEANUP struct buf sentence = {0};
        BUF_CLEANUP struct buf subject = {0};
        if (was && was->access <= w->access)
            continue;
        policy_may(run, &sentence);
        if (was) {
            buf_lit(&sentence, "write to ");
            buf_lit(&subject, "writing to ");
        } else if (w->access == ACCESS_READ_WRITE) {
            buf_lit(&sentence, "read and write ");
            buf_lit(&subject, "the workspace ");
        } else {
            buf_lit(&sentence, "read ");
            buf_lit(&subject, "reading ");
        }
        plain_word(&sentence, w->path);
        plain_word(&subject, w->path);
        if (strcmp(w->darwin_path.s, default_darwin_path(run->arena, w->path.s)) != 0) {
            write_darwin(&sentence, w);
            write_darwin(&subject, w);
        }
        policy_add(run, &sentence, &subject);
    }
}

/* -- guarantees relaxed -- */

static bool same_relax(const struct relax *a, const struct relax *b) {
    return a->what == b->what &&
           policy_same_text((struct text){a->socket.s}, (struct text){b->socket.s});
}

static void write_relax(struct buf *b, const struct relax *relax) {
    switch (relax->what) {
#define ROW(id, word, may, meaning)                                                                \
    case RELAX_##id:                                                                               \
        buf_lit(b, may);                                                                           \
        break;
        RELAXATIONS(ROW)
#undef ROW
    case RELAX_UNIX_SOCKET:
        buf_lit(b, "use the socket ");
        buf_path(b, relax->socket);
        buf_lit(b, " and what its owner does for it");
        break;
    }
}

void policy_more_relax(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->relax.n; i++) {
        const struct relax *relax = &more->relax.v[i];
        BUF_CLEANUP struct buf sentence = {0};
        BUF_CLEANUP struct buf subject = {0};
        bool found = false;
        for (size_t k = 0; k < less->relax.n; k++)
            found = found || same_relax(relax, &less->relax.v[k]);
        if (found)
            continue;
        policy_may(run, &sentence);
        write_relax(&sentence, relax);
        buf_lit(&subject, "the relaxation ");
        policy_value(&subject, &type_relax, relax);
        policy_add(run, &sentence, &subject);
    }
}

/* -- limits -- */

#define NO_LIMIT INT64_MAX
#define OF_THE_MACHINE (INT64_MAX - 1) /* more or less than a number: nobody knows here */

static const struct limit {
    size_t offset;
    const struct type *type;
    struct text what;
    int64_t unset; /* on Linux */
} limits[] = {
    {offsetof(struct limits, memory), &type_size, {"memory"}, OF_THE_MACHINE},
    {offsetof(struct limits, cpus), &type_int, {"processors"}, NO_LIMIT},
    {offsetof(struct limits, tasks), &type_int, {"processes and threads"}, DEFAULT_TASKS},
    {offsetof(struct limits, session), &type_duration, {"a session's time"}, NO_LIMIT},
    {offsetof(struct limits, disk), &type_size, {"the home's disk space"}, NO_LIMIT},
};

static int64_t limit_said(const struct spec *spec, const struct limit *limit) {
    int64_t value;
    memcpy(&value, (const char *)&spec->limits + limit->offset, sizeof value);
    return value;
}

static int64_t limit_of(const struct spec *spec, const struct limit *limit) {
    size_t n;
    int64_t said = limit_said(spec, limit);
    const struct host *hosts = gap_targets(spec, &n);
    for (size_t i = 0; !said && i < n; i++)
        if (!host_is_darwin(&hosts[i]))
            return limit->unset;
    return said ? said : NO_LIMIT;
}

static struct text amount(struct policy_run *run, const struct limit *limit, int64_t value) {
    BUF_CLEANUP struct buf b = {0};
    if (value == NO_LIMIT)
        buf_lit(&b, "no limit");
    else if (value == OF_THE_MACHINE)
        buf_lit(&b, "three quarters of the machine's");
    else
        policy_value(&b, limit->type, &value);
    return policy_keep(run, &b);
}

static void tell_limit(struct policy_run *run, const struct limit *limit, struct text was,
                       struct text is) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    plain_again(&sentence, limit->what);
    buf_lit(&sentence, ": at most ");
    plain_again(&sentence, is);
    if (was.s) {
        buf_lit(&sentence, ", was ");
        plain_again(&sentence, was);
    }
    plain_again(&subject, limit->what);
    buf_lit(&subject, " up to ");
    plain_again(&subject, run->direction == POLICY_NARROWS ? was : is);
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->about = limit->what;
    change->old = was;
    change->new = is;
}

/* "at most no limit" would be no English. */
static void tell_no_limit(struct policy_run *run, const struct limit *limit, struct text was) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    plain_again(&sentence, limit->what);
    buf_lit(&sentence, ": without a limit, was at most ");
    plain_again(&sentence, was);
    plain_again(&subject, limit->what);
    buf_lit(&subject, " without a limit");
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->about = limit->what;
    change->old = was;
    change->new = (struct text){"no limit"};
}

void policy_more_limits(struct policy_run *run, const struct spec *less, const struct spec *more) {
    bool widens = run->direction == POLICY_WIDENS;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        int64_t low = limit_of(less, &limits[i]), high = limit_of(more, &limits[i]);
        if (run->diff->first && widens && limit_said(more, &limits[i]))
            tell_limit(run, &limits[i], (struct text){NULL}, amount(run, &limits[i], high));
        bool said = limit_said(less, &limits[i]) || limit_said(more, &limits[i]);
        bool unknown = low != high && (low == OF_THE_MACHINE || high == OF_THE_MACHINE);
        if (run->diff->first || !said || (unknown ? !widens : low >= high))
            continue;
        struct text small = amount(run, &limits[i], low), large = amount(run, &limits[i], high);
        if (widens && high == NO_LIMIT)
            tell_no_limit(run, &limits[i], small);
        else
            tell_limit(run, &limits[i], widens ? small : large, widens ? large : small);
    }
}

/* -- who, and where -- */

static bool has_operator(const struct spec *spec, struct text name) {
    for (size_t i = 0; i < spec->operators.n; i++)
        if (policy_same_text(spec->operators.v[i], name))
            return true;
    return false;
}

static void write_operators(struct buf *b, const struct text *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        plain_word(b, v[i]);
    }
}

void policy_more_operators(struct policy_run *run, const struct spec *less,
                           const struct spec *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct text *added = arena_alloc(run->arena, more->operators.n * sizeof *added);
    size_t n = 0;
    for (size_t i = 0; i < more->operators.n; i++)
        if (!has_operator(less, more->operators.v[i]))
            added[n++] = more->operators.v[i];
    if (n == 0)
        return;
    buf_lit(&sentence, "operators: ");
    write_operators(&sentence, added, n);
    buf_lit(&sentence, " ");
    policy_may(run, &sentence);
    buf_lit(&sentence, "start the agent and share its workspaces");
    if (n == 1)
        buf_lit(&subject, "the operator ");
    else
        buf_lit(&subject, "the operators ");
    write_operators(&subject, added, n);
    policy_add(run, &sentence, &subject)->count = n;
}

static bool has_host(const struct spec *spec, const struct host *host) {
    for (size_t i = 0; i < spec->hosts.n; i++) {
        const struct host *other = &spec->hosts.v[i];
        if (strcmp(other->name.s, host->name.s) == 0 && other->system == host->system &&
            other->kind == host->kind)
            return true;
    }
    return false;
}

static void tell_host(struct policy_run *run, const struct buf *what) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "meant for ");
    plain_again(&sentence, (struct text){what->data});
    plain_again(&subject, (struct text){what->data});
    policy_add(run, &sentence, &subject);
}

void policy_more_hosts(struct policy_run *run, const struct spec *less, const struct spec *more) {
    if (more->hosts.n == 0 && less->hosts.n > 0) {
        BUF_CLEANUP struct buf what = {0};
        buf_lit(&what, "any plain Linux or macOS machine");
        tell_host(run, &what);
    }
    for (size_t i = 0; i < more->hosts.n; i++) {
        const struct host *host = &more->hosts.v[i];
        BUF_CLEANUP struct buf what = {0};
        if (has_host(less, host))
            continue;
        buf_lit(&what, "the host ");
        buf_name(&what, host->name);
        buf_lit(&what, " (");
        policy_value(&what, &type_system, &host->system);
        buf_lit(&what, ", ");
        policy_value(&what, &type_host_kind, &host->kind);
        buf_lit(&what, ")");
        tell_host(run, &what);
    }
}
