/* What becomes of a login: tokens that came, or none. */
#include "base/die.h"
#include "engine/journal.h"
#include "engine/logins.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_PAUSE = 5, /* seconds, after a failure; twice as long after each, up to ... */
    LONGEST_PAUSE = 300
};

void login_tell(const struct login *login, const char *what, const char *why) {
    json_t *line =
        json_pack("{s:s, s:s, s:s}", "event", "login", "login", login->name, "what", what);
    if (why)
        json_object_set_new(line, "reason", json_string(why));
    journal_write(line);
}

static const char *save(struct login *login, const struct login_kept *kept) {
    if (!login->logins->has_key)
        return "there is no key to keep it with";
    return login_store_write(login->logins->folder, login->logins->proxy->egress->sandbox,
                             login->name, login->logins->key, kept);
}

void login_put(struct login *login, struct login_kept *kept) {
    login_kept_wipe(&login->kept);
    forms_unref(login->forms);
    login->kept = *kept;
    login->forms = forms_new(kept->token[LOGIN_ACCESS].s, kept->token[LOGIN_ACCESS].n);
    login->number++;
    login->is_doubted = login->is_unreadable = false;
    login->failures = 0;
    login->again = 0;
    free(login->failure);
    login->failure = NULL;
}

static struct secret copy_of(const struct secret *secret) {
    return secret->s ? secret_copy(secret->s, secret->n) : (struct secret){0};
}

/* What is said now, or was. */
static struct secret said(const char *now, bool renews, const struct secret *before) {
    if (now)
        return secret_copy(now, strlen(now));
    return renews ? copy_of(before) : (struct secret){0};
}

static struct login_kept kept_of(const struct login *login, const struct egress_endpoint *endpoint,
                                 const struct login_request *request,
                                 const struct login_answer *answer, struct arena *arena) {
    const struct login_kept *old = &login->kept;
    struct login_kept kept = {.got = world_now()};
    bool renews = request && request->renews;
    for (int i = 0; i < LOGIN_TOKENS; i++)
        kept.token[i] = answer->token[i].s ? secret_copy(answer->token[i].s, answer->token[i].n)
                        : renews && i != LOGIN_ACCESS ? copy_of(&old->token[i])
                                                      : (struct secret){0};
    kept.ends = answer->expires_in ? kept.got + answer->expires_in
                                   : login_jwt_ends(arena, answer->token[LOGIN_ACCESS]);
    kept.client_id = said(request ? request->client_id : NULL, renews, &old->client_id);
    kept.client_secret = said(request ? request->client_secret : NULL, renews, &old->client_secret);
    kept.scope = said(request ? request->scope : NULL, renews, &old->scope);
    kept.who = said(request ? request->who : NULL, renews, &old->who);
    kept.plan = said(request ? request->plan : NULL, renews, &old->plan);
    kept.account = said(request ? request->account : NULL, renews, &old->account);
    kept.answer = secret_copy(answer->compact, strlen(answer->compact));
    const char *place =
        arena_printf(arena, "%s:%d%s", endpoint->host, endpoint->port, endpoint->path);
    kept.place = secret_copy(place, strlen(place));
    return kept;
}

const char *login_take(struct login *login, const struct egress_login *known,
                       const struct egress_endpoint *endpoint, const struct login_request *request,
                       const struct login_answer *answer, struct arena *arena) {
    (void)known;
    struct login_kept kept = kept_of(login, endpoint, request, answer, arena);
    const char *why = save(login, &kept);
    if (why) {
        login_kept_wipe(&kept);
        return arena_printf(arena, "login %s: %s", login->name, why);
    }
    login_put(login, &kept);
    login_tell(login, request && request->renews ? "renewed" : "logged in", NULL);
    return NULL;
}

bool login_out(struct login *login) {
    bool was = login->kept.token[LOGIN_ACCESS].s || login->is_unreadable;
    bool gone = login_store_remove(login->logins->folder, login->name);
    login_kept_wipe(&login->kept);
    forms_unref(login->forms);
    login->forms = NULL;
    login->number++;
    login->is_unreadable = false;
    if (was)
        login_tell(login, "logged out", gone ? NULL : "its file is still there");
    return gone;
}

void login_end(struct login *login, const char *why) {
    secret_wipe(&login->kept.ended);
    login->kept.ended = secret_copy(why, strlen(why));
    save(login, &login->kept); /* else the next start asks once more */
    login_tell(login, "ended", why);
}

void login_fail(struct login *login, const char *why) {
    int64_t pause = FIRST_PAUSE;
    for (unsigned i = 0; i < login->failures && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    login->failures++;
    login->again = world_now() + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
    char *copy = must_copy(why);
    free(login->failure);
    login->failure = copy;
    login_tell(login, "not renewed", why);
}
