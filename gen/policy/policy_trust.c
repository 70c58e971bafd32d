/* Authorities that the proxy trusts towards servers. */
#include "base/sha256.h"
#include "policy/policy_private.h"
#include "spec/types.h"

#include <string.h>

static bool covers_host(const struct authority *a, const struct host_pattern *host) {
    if (!a->hosts.n)
        return true;
    for (size_t i = 0; host && i < a->hosts.n; i++)
        if (host_covers(a->hosts.v[i], *host))
            return true;
    return false;
}

/* host NULL: every host. */
static bool is_trusted(const struct network *network, size_t n, struct text certificates,
                       const struct host_pattern *host) {
    for (size_t i = 0; i < n; i++)
        if (policy_same_text(network->trust.v[i].text, certificates) &&
            covers_host(&network->trust.v[i], host))
            return true;
    return false;
}

static size_t count(const char *text) {
    static const char line[] = "-----BEGIN CERTIFICATE-----";
    size_t n = 0;
    for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
        n++;
    return n;
}

/* Of the text, enough to tell one from another. */
static void write_hash(struct policy_run *run, struct buf *b, const char *text) {
    char digest[65];
    sha256_hex(text, strlen(text), digest);
    buf_lit(b, " (SHA-256 of the text ");
    buf_name(b, (struct name){arena_copy_n(run->arena, digest, 12)});
    buf_lit(b, "...)");
}

static void tell(struct policy_run *run, const struct authority *authority,
                 const struct host_pattern *host) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    size_t n = count(authority->text.s);
    for (int i = 0; i < 2; i++) {
        struct buf *b = i ? &subject : &sentence;
        if (i == 0)
            buf_lit(b, "the word of ");
        buf_uint(b, n);
        if (n == 1)
            buf_lit(b, " authority");
        else
            buf_lit(b, " authorities");
        write_hash(run, b, authority->text.s);
        if (host) {
            buf_lit(b, " for ");
            buf_host(b, *host);
        } else {
            buf_lit(b, " for EVERY host");
        }
    }
    buf_lit(&sentence, " is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "taken for a server's name");
    if (!host)
        buf_lit(&sentence,
                ": whoever has such a key can be any server to the proxy, and read every "
                "secret that goes there");
    policy_add(run, &sentence, &subject);
}

void policy_more_trust(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->network.trust.n; i++) {
        const struct authority *authority = &more->network.trust.v[i];
        if (!authority->hosts.n &&
            !is_trusted(&less->network, less->network.trust.n, authority->text, NULL) &&
            !is_trusted(&more->network, i, authority->text, NULL))
            tell(run, authority, NULL);
        for (size_t k = 0; k < authority->hosts.n; k++)
            if (!is_trusted(&less->network, less->network.trust.n, authority->text,
                            &authority->hosts.v[k]) &&
                !is_trusted(&more->network, i, authority->text, &authority->hosts.v[k]))
                tell(run, authority, &authority->hosts.v[k]);
    }
}
