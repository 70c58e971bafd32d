/* Accounts that the agent may be logged in to. */
#include "policy/policy_private.h"
#include "read/check.h"

#include <string.h>

static void write_name(struct buf *b, const struct login *login) {
    buf_lit(b, "the login ");
    buf_name(b, login->name);
}

static const struct login *find(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < spec->logins.n; i++)
        if (strcmp(spec->logins.v[i].name.s, name) == 0)
            return &spec->logins.v[i];
    return NULL;
}

static void add(struct policy_run *run, const struct login *login, const struct buf *sentence,
                const struct buf *subject) {
    policy_add(run, sentence, subject)->about = (struct text){login->name.s};
}

static void write_hosts(struct buf *b, const struct host_pattern *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        buf_host(b, v[i]);
    }
}

static void tell_use(struct policy_run *run, const struct login *login,
                     const struct host_pattern *v, size_t n) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "use ");
    write_name(&sentence, login);
    buf_lit(&sentence, " at ");
    write_hosts(&sentence, v, n);
    if (login->paths.n)
        buf_lit(&sentence, ", on some paths");
    buf_lit(&sentence, "; its tokens stay with the proxy");
    write_name(&subject, login);
    buf_lit(&subject, " at ");
    write_hosts(&subject, v, n);
    add(run, login, &sentence, &subject);
}

static bool has_endpoint(const struct login *login, const struct https_url *url) {
    for (size_t i = 0; login && i < login->token.n; i++) {
        const struct https_url *one = &login->token.v[i].url;
        if (one->port == url->port && strcmp(one->host.s, url->host.s) == 0 &&
            strcmp(one->path.s, url->path.s) == 0)
            return true;
    }
    return false;
}

/* The other way round than all else: what is kept no longer, the agent gets itself. */
static void tell_endpoint(struct policy_run *run, const struct login *login,
                          const struct https_url *url) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "tokens that ");
    https_url_words(&sentence, url);
    if (run->direction == POLICY_WIDENS)
        buf_lit(&sentence, " gives out are no longer kept by the proxy: they reach the agent");
    else
        buf_lit(&sentence, " gives out are now kept by the proxy");
    buf_lit(&subject, "tokens of ");
    https_url_words(&subject, url);
    add(run, login, &sentence, &subject);
}

static bool is_let_through(struct policy_run *run, const struct spec *spec,
                           const struct login_token *token) {
    for (size_t i = 0; i < spec->network.rules.n; i++)
        if (check_lets_ask(run->arena, &spec->network.rules.v[i], token))
            return true;
    return false;
}

static bool is_kept(const struct spec *spec, const struct https_url *url) {
    for (size_t i = 0; i < spec->logins.n; i++)
        if (has_endpoint(&spec->logins.v[i], url))
            return true;
    return false;
}

static void fewer_endpoints(struct policy_run *run, const struct spec *less,
                            const struct spec *more) {
    for (size_t i = 0; i < less->logins.n; i++) {
        const struct login *login = &less->logins.v[i];
        for (size_t k = 0; k < login->token.n; k++) {
            const struct login_token *token = &login->token.v[k];
            if (!is_kept(more, &token->url) && is_let_through(run, less, token) &&
                is_let_through(run, more, token))
                tell_endpoint(run, login, &token->url);
        }
    }
}

static void more_hosts(struct policy_run *run, const struct login *less, const struct login *more) {
    struct host_pattern *added = arena_alloc(run->arena, (more->hosts.n + 1) * sizeof *added);
    size_t n = 0;
    for (size_t i = 0; i < more->hosts.n; i++) {
        bool covered = false;
        for (size_t k = 0; k < less->hosts.n; k++)
            covered = covered || host_covers(less->hosts.v[k], more->hosts.v[i]);
        if (!covered)
            added[n++] = more->hosts.v[i];
    }
    if (n)
        tell_use(run, more, added, n);
}

static void more_paths(struct policy_run *run, const struct login *less, const struct login *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    bool wider = less->paths.n && !more->paths.n;
    for (size_t i = 0; less->paths.n && i < more->paths.n; i++) {
        bool found = false;
        for (size_t k = 0; k < less->paths.n; k++)
            found = found || policy_same_text(less->paths.v[k], more->paths.v[i]);
        wider = wider || !found;
    }
    if (!wider)
        return;
    policy_may(run, &sentence);
    buf_lit(&sentence, "use ");
    write_name(&sentence, more);
    buf_lit(&sentence, " on more paths");
    write_name(&subject, more);
    buf_lit(&subject, " on more paths");
    add(run, more, &sentence, &subject);
}

void policy_more_logins(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->logins.n; i++) {
        const struct login *login = &more->logins.v[i], *was = find(less, login->name.s);
        if (!was) {
            tell_use(run, login, login->hosts.v, login->hosts.n);
        } else {
            more_hosts(run, was, login);
            more_paths(run, was, login);
        }
    }
    fewer_endpoints(run, less, more);
}

/* All of it that the other direction has not told. */
static void show(const struct login *login, struct buf *out) {
    struct login rest = *login;
    struct spec alone = {.logins = {&rest, 1}};
    struct json_writer j;
    rest.hosts.n = rest.paths.n = 0;
    jw_start(&j, out);
    schema_write_item(&j, schema_find("logins", NULL), alone.logins.v);
    jw_finish(&j);
}

void policy_other_logins(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->logins.n; i++) {
        const struct login *login = &new->logins.v[i], *was = find(old, login->name.s);
        BUF_CLEANUP struct buf before = {0};
        BUF_CLEANUP struct buf after = {0};
        BUF_CLEANUP struct buf sentence = {0};
        BUF_CLEANUP struct buf subject = {0};
        if (!was)
            continue;
        show(was, &before);
        show(login, &after);
        if (before.len == after.len && memcmp(before.data, after.data, after.len) == 0)
            continue;
        write_name(&sentence, login);
        buf_lit(&sentence, " is made, or asked for, in another way");
        write_name(&subject, login);
        add(run, login, &sentence, &subject);
    }
}
