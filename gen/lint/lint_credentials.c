/* unused-credential, unused-login. That a rule has its hosts and its paths is a check's to say. */
#include "lint/lint_private.h"
#include "lint/uses.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"

#include <string.h>

static bool shares_a_host(const struct credential *credential, const struct rule *rule) {
    for (size_t i = 0; i < credential->hosts.n; i++)
        if (host_covers(credential->hosts.v[i], rule->host) ||
            host_covers(rule->host, credential->hosts.v[i]))
            return true;
    return false;
}

/* Whether some of what the rule's path lets through gets it, and is not denied. */
static bool goes_to(struct linting *lint, const struct credential *credential,
                    const struct rule *rule, const char *path) {
    const char *asked[URL_PATH_READINGS], *own[URL_PATH_READINGS];
    url_path_readings(lint->arena, path, asked);
    for (size_t i = 0; i < credential->paths.n; i++) {
        url_path_readings(lint->arena, credential->paths.v[i].s, own);
        if (path_patterns_meet(own[0], asked[0]) &&
            !lint_is_denied(lint->denied, rule, credential->paths.v[i]))
            return true;
    }
    return !credential->paths.n;
}

static bool is_reached(struct linting *lint, const struct credential *credential) {
    const struct network *network = &lint->spec->network;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        if (rule->scheme != SCHEME_HTTPS || !shares_a_host(credential, rule))
            continue;
        for (size_t k = 0; k < rule->paths.n; k++)
            if (goes_to(lint, credential, rule, rule->paths.v[k].s) &&
                !lint_denied_by(lint->denied, rule, k))
                return true;
    }
    return false;
}

/* Of a login, its access token is the credential. */
static void unused(struct linting *lint, enum finding_kind kind, const struct credential *one,
                   written at, bool is_used) {
    if (!is_reached(lint, one))
        lint_find(lint, kind, one->name.s, at_object(at),
                  "every request that it could go into is denied",
                  "Take it out, or what denies them");
    else if (!is_used)
        lint_find(lint, kind, one->name.s, at_object(at),
                  arena_printf(lint->arena, "it went into none of the log's %zu decisions",
                               uses_tally(lint->uses)->decisions),
                  "Take it out, if the log is long enough to tell");
    else
        lint_may_find(lint, kind, one->name.s);
}

void lint_credentials(struct linting *lint) {
    for (size_t i = 0; i < lint->spec->credentials.n; i++) {
        const struct credential *one = &lint->spec->credentials.v[i];
        unused(lint, FINDING_UNUSED_CREDENTIAL, one, one->at,
               !lint->uses || uses_credential(lint->uses, i));
    }
    for (size_t i = 0; i < lint->spec->logins.n; i++)
        unused(lint, FINDING_UNUSED_LOGIN, &lint->plan->logged.v[i], lint->spec->logins.v[i].at,
               !lint->uses || uses_login(lint->uses, i));
}
