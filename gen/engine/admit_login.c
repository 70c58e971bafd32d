/* Requests to the token endpoints of logins, and those that carry what stands for their tokens. */
#include "engine/admit_private.h"
#include "engine/json_body.h"
#include "engine/redact.h"

#include <string.h>

struct at_login admit_login_at(const struct egress *egress,
                               const struct egress_question *question) {
    struct at_login at = {0};
    at.login = egress_login_at(egress, question, &at.endpoint);
    return at;
}

static bool carries(const struct egress_credential *one, const struct fields *fields) {
    for (size_t i = 0; i < fields->n; i++)
        if (forms_found(&one->placeholder_forms, 1, fields->v[i].value.s, fields->v[i].value.n))
            return true;
    return false;
}

const char *admit_login_waits(const struct egress *egress, struct vault *vault,
                              const struct egress_question *question, const struct fields *fields) {
    const struct vault_logins *logins = egress->login_count ? vault_logins(vault) : NULL;
    for (size_t i = egress->credential_count - egress->login_count;
         logins && question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (egress_bound_to(one, question->host) && egress_goes_to(one, question->target) &&
            (!one->ask || carries(one, fields)) && logins->waits(logins->context, one->login))
            return one->name;
    }
    return NULL;
}

const char *admit_login_early(struct arena *arena, const struct at_login *at,
                              const struct asked *asked, const struct admitted *out) {
    if (at->endpoint->is_other)
        return bytes_equal(asked->method, BYTES("GET")) && !out->has_body
                   ? NULL
                   : arena_printf(arena,
                                  "login %s: a token of its is asked for with GET, without a body",
                                  at->login->name);
    if (!bytes_equal(asked->method, BYTES("POST")) || !out->has_body)
        return arena_printf(arena, "login %s: its token endpoint is asked with POST and a body",
                            at->login->name);
    if (out->length > JSON_LONGEST_BODY)
        return arena_printf(arena, "login %s: what its token endpoint is asked has at most 1 MiB",
                            at->login->name);
    return NULL;
}

/* The refresh token takes the place of what stands for it. */
static const char *put_refresh(const struct at_login *at, struct vault *vault, struct arena *arena,
                               struct admitted *out) {
    const struct vault_logins *logins = vault_logins(vault);
    struct bytes refresh = {0};
    const char *why =
        logins ? logins->refresh(logins->context, at->login, arena, &refresh) : "nobody keeps it";
    if (!why)
        out->body = login_write_renewal(arena, &out->filled, at->endpoint, out->asks, refresh);
    return why;
}

static void take(const struct at_login *at, struct arena *arena, struct admitted *out) {
    out->login = arena_copy(arena, at->login->name);
    out->endpoint = (size_t)(at->endpoint - at->login->tokens);
}

const char *admit_login(const struct at_login *at, struct vault *vault, const struct asked *asked,
                        struct admitted *out) {
    struct arena *arena = asked->arena;
    struct login_request *request = arena_alloc(arena, sizeof *request);
    struct bytes body = asked->request->body;
    if (at->endpoint->is_other) {
        take(at, arena, out);
        return NULL;
    }
    const char *why = body.n > JSON_LONGEST_BODY
                          ? arena_printf(arena,
                                         "login %s: what its token endpoint is asked has at most "
                                         "1 MiB",
                                         at->login->name)
                          : login_read_request(arena, at->login, &out->fields, body, request);
    if (why)
        return why;
    out->asks = request;
    take(at, arena, out);
    return asked->request->renews ? put_refresh(at, vault, arena, out) : NULL;
}

const char *admit_login_missing(struct arena *arena, struct vault *vault,
                                const struct slots_due *due, struct admitted *out) {
    for (size_t i = 0; i < due->n; i++) {
        struct bytes unused;
        struct forms *forms;
        if (!due->v[i]->login)
            continue;
        const char *why = vault_read(vault, due->v[i], arena, &unused, &forms);
        if (why)
            return why;
        out->carries = arena_copy(arena, due->v[i]->name);
    }
    return NULL;
}
