/* Credentials: what the proxy signs requests with, and where. */
#include "policy/policy_private.h"
#include "spec/look_alike.h"
#include "spec/path_pattern.h"
#include "spec/types.h"
#include "spec/url_path.h"

#include <string.h>

static const struct credential *find(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (strcmp(spec->credentials.v[i].name.s, name) == 0)
            return &spec->credentials.v[i];
    return NULL;
}

static void write_name(struct buf *b, const struct credential *c) {
    buf_lit(b, "the credential ");
    buf_name(b, c->name);
}

static void write_hosts(struct buf *b, const struct host_pattern *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        buf_host(b, v[i]);
    }
}

static void write_place(struct buf *b, const struct inject *inject) {
    if (inject->header.s) {
        buf_lit(b, "the header ");
        buf_name(b, inject->header);
    } else if (inject->basic.s) {
        buf_lit(b, "Authorization: Basic, as the user ");
        buf_name(b, inject->basic);
    } else if (inject->query.s) {
        buf_lit(b, "the query parameter ");
        buf_name(b, inject->query);
    } else if (inject->authorization.s) {
        buf_lit(b, "Authorization: ");
        plain_text(b, inject->authorization);
    } else if (inject->path) {
        buf_lit(b, "a segment of the path");
    } else if (inject->json.s) {
        plain_text(b, inject->json);
        buf_lit(b, " in a body of JSON");
    } else if (inject->aws) {
        buf_lit(b, "the signature of AWS");
    } else {
        buf_lit(b, "Authorization: Bearer");
    }
}

static void write_paths(struct buf *b, const struct text *v, size_t n) {
    buf_lit(b, " on ");
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        plain_short(b, v[i], 100);
    }
}

static void tell_use(struct policy_run *run, const struct credential *c,
                     const struct host_pattern *hosts, size_t n, bool whole) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "use ");
    write_name(&sentence, c);
    buf_lit(&sentence, " at ");
    write_hosts(&sentence, hosts, n);
    if (whole) {
        if (c->paths.n)
            write_paths(&sentence, c->paths.v, c->paths.n);
        buf_lit(&sentence, ", in ");
        write_place(&sentence, &c->inject);
        if (!c->ask)
            buf_lit(&sentence, ", asked for or not");
        if (ceilings_set(&c->ceilings)) {
            buf_lit(&sentence, ", for at most ");
            ceilings_words(&sentence, &c->ceilings);
        }
        buf_lit(&sentence, ", from ");
        policy_value(&sentence, &type_source, &c->source);
    }
    write_name(&subject, c);
    buf_lit(&subject, " at ");
    write_hosts(&subject, hosts, n);
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

static bool covered(struct host_pattern host, const struct credential *less) {
    for (size_t i = 0; i < less->hosts.n; i++)
        if (host_covers(less->hosts.v[i], host))
            return true;
    return false;
}

static void more_hosts(struct policy_run *run, const struct credential *less,
                       const struct credential *more) {
    size_t n = 0;
    struct host_pattern *added = arena_alloc(run->arena, more->hosts.n * sizeof *added);
    for (size_t i = 0; i < more->hosts.n; i++)
        if (!covered(more->hosts.v[i], less))
            added[n++] = more->hosts.v[i];
    if (n)
        tell_use(run, more, added, n, false);
}

static void tell_paths(struct policy_run *run, const struct credential *c, const struct text *paths,
                       size_t n) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "use ");
    write_name(&sentence, c);
    if (n)
        write_paths(&sentence, paths, n);
    else
        buf_lit(&sentence, " on every path that a rule allows");
    write_name(&subject, c);
    buf_lit(&subject, " on more paths");
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

static bool covers_path(struct arena *arena, const struct credential *less, struct text path) {
    const char *one[URL_PATH_READINGS], *other[URL_PATH_READINGS];
    url_path_readings(arena, path.s, other);
    for (size_t i = 0; i < less->paths.n; i++) {
        url_path_readings(arena, less->paths.v[i].s, one);
        if (path_pattern_covers(one[0], other[0]))
            return true;
    }
    return less->paths.n == 0;
}

static void more_paths(struct policy_run *run, const struct credential *less,
                       const struct credential *more) {
    size_t n = 0;
    struct text *added = arena_alloc(run->arena, (more->paths.n + 1) * sizeof *added);
    for (size_t i = 0; i < more->paths.n; i++)
        if (!covers_path(run->arena, less, more->paths.v[i]))
            added[n++] = more->paths.v[i];
    if (n || (less->paths.n && !more->paths.n))
        tell_paths(run, more, added, n);
}

static void tell_unasked(struct policy_run *run, const struct credential *c) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    write_name(&sentence, c);
    buf_lit(&sentence, " ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "goes into requests that do not ask for it");
    write_name(&subject, c);
    buf_lit(&subject, " without its placeholder");
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

/* A ceiling less, or a higher one. */
static void tell_ceilings(struct policy_run *run, const struct credential *c) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "use ");
    write_name(&sentence, c);
    write_name(&subject, c);
    if (ceilings_set(&c->ceilings)) {
        buf_lit(&sentence, " for at most ");
        ceilings_words(&sentence, &c->ceilings);
        buf_lit(&subject, " for at most ");
        ceilings_words(&subject, &c->ceilings);
    } else {
        buf_lit(&sentence, " without a ceiling");
        buf_lit(&subject, " without a ceiling");
    }
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

static bool same_name(struct name a, struct name b) {
    return policy_same_text((struct text){a.s}, (struct text){b.s});
}

static bool same_place(const struct inject *a, const struct inject *b) {
    return same_name(a->header, b->header) && a->bearer == b->bearer &&
           same_name(a->basic, b->basic) && same_name(a->query, b->query) &&
           policy_same_text(a->authorization, b->authorization) && a->path == b->path &&
           policy_same_text(a->json, b->json) && a->aws == b->aws;
}

static bool same_source(const struct source *a, const struct source *b) {
    return a->kind == b->kind && same_name(a->name, b->name) &&
           policy_same_text(a->command, b->command) &&
           policy_same_text((struct text){a->path.s}, (struct text){b->path.s});
}

static void tell_place(struct policy_run *run, const struct credential *c) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    write_name(&sentence, c);
    buf_lit(&sentence, " ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "goes into ");
    write_place(&sentence, &c->inject);
    write_name(&subject, c);
    buf_lit(&subject, " in ");
    write_place(&subject, &c->inject);
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

static void tell_source(struct policy_run *run, const struct credential *c) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    write_name(&sentence, c);
    buf_lit(&sentence, " ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "comes from ");
    policy_value(&sentence, &type_source, &c->source);
    write_name(&subject, c);
    buf_lit(&subject, " from ");
    policy_value(&subject, &type_source, &c->source);
    policy_add(run, &sentence, &subject)->about = (struct text){c->name.s};
}

/* Another secret, or another way in, is both: something new, and something gone. */
void policy_more_credentials(struct policy_run *run, const struct spec *less,
                             const struct spec *more) {
    for (size_t i = 0; i < more->credentials.n; i++) {
        const struct credential *c = &more->credentials.v[i], *was = find(less, c->name.s);
        if (!was) {
            tell_use(run, c, c->hosts.v, c->hosts.n, true);
            continue;
        }
        more_hosts(run, was, c);
        more_paths(run, was, c);
        if (was->ask && !c->ask)
            tell_unasked(run, c);
        if (!policy_covers_ceilings(&was->ceilings, &c->ceilings))
            tell_ceilings(run, c);
        if (!same_place(&was->inject, &c->inject))
            tell_place(run, c);
        if (!same_source(&was->source, &c->source))
            tell_source(run, c);
    }
}

/* -- what the agent sees -- */

static struct policy_change *tell_seen(struct policy_run *run, const struct credential *c,
                                       const struct buf *what) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    write_name(&sentence, c);
    plain_again(&sentence, (struct text){what->data});
    write_name(&subject, c);
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->about = (struct text){c->name.s};
    return change;
}

static void other_env(struct policy_run *run, const struct credential *was,
                      const struct credential *c) {
    BUF_CLEANUP struct buf b = {0};
    if (c->env.s && was->env.s) {
        buf_lit(&b, ": its placeholder is in the variable ");
        buf_name(&b, c->env);
        buf_lit(&b, ", was in ");
        buf_name(&b, was->env);
    } else if (c->env.s) {
        buf_lit(&b, ": its placeholder is in the variable ");
        buf_name(&b, c->env);
        buf_lit(&b, ", was in none");
    } else {
        buf_lit(&b, ": its placeholder is in no variable, was in ");
        buf_name(&b, was->env);
    }
    tell_seen(run, c, &b);
}

static void other_placeholder(struct policy_run *run, const struct credential *was,
                              const struct credential *c) {
    BUF_CLEANUP struct buf b = {0};
    buf_lit(&b, ": its placeholder is ");
    plain_short(&b, c->placeholder, 60);
    buf_lit(&b, ", was ");
    plain_short(&b, was->placeholder, 60);
    tell_seen(run, c, &b);
}

void policy_other_credentials(struct policy_run *run, const struct spec *old,
                              const struct spec *new) {
    for (size_t i = 0; i < new->credentials.n; i++) {
        const struct credential *c = &new->credentials.v[i], *was = find(old, c->name.s);
        if (!was)
            continue;
        if (!same_name(was->env, c->env))
            other_env(run, was, c);
        if (!policy_same_text(was->placeholder, c->placeholder))
            other_placeholder(run, was, c);
    }
}

/* Opened is only what a spec may hold; but what is named here could be a secret. */
void policy_more_not_secrets(struct policy_run *run, const struct spec *less,
                             const struct spec *more) {
    for (size_t i = 0; i < more->not_secrets.n; i++) {
        const char *s = more->not_secrets.v[i].s;
        char shown[LOOK_ALIKE_SHOWN];
        BUF_CLEANUP struct buf sentence = {0};
        BUF_CLEANUP struct buf subject = {0};
        bool found = false;
        for (size_t k = 0; k < less->not_secrets.n && !found; k++)
            found = strcmp(less->not_secrets.v[k].s, s) == 0;
        if (found)
            continue;
        look_alike_short((struct look_alike){s, strlen(s)}, shown);
        buf_lit(&sentence, "a text that looks like a secret is ");
        policy_now(run, &sentence);
        buf_lit(&sentence, "allowed: ");
        plain_text(&sentence, (struct text){shown});
        buf_lit(&sentence, " (");
        buf_uint(&sentence, strlen(s));
        buf_lit(&sentence, " bytes)");
        buf_lit(&subject, "what looks like a secret: ");
        plain_text(&subject, (struct text){shown});
        policy_add(run, &sentence, &subject);
    }
}
