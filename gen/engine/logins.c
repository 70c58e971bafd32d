#include "engine/logins.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/journal.h"
#include "engine/world.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __APPLE__
#include <malloc/malloc.h>
#elif defined(__GLIBC__)
#include <malloc.h>
#endif

enum {
    EARLY = 300, /* seconds before its end that a new token is got ... */
    SHARE = 5,   /* ... or so much of its time, where that is short */
    DOUBTS = 60 /* seconds between two: a host that takes no new token refuses for another reason */
};

/* -- what it is like -- */

bool login_is_in(const struct login *login) {
    return login->kept.token[LOGIN_ACCESS].s && !login->kept.ended.s;
}

static int64_t margin_of(const struct login *login) {
    int64_t all = login->kept.ends - login->kept.got;
    return all / SHARE < EARLY ? all / SHARE : EARLY;
}

bool login_is_fresh(const struct login *login, int64_t now) {
    return login_is_in(login) && !login->is_doubted &&
           (!login->kept.ends || login->kept.ends - now > margin_of(login));
}

bool login_may_renew(const struct login *login, int64_t now) {
    return login_is_in(login) && login->kept.token[LOGIN_REFRESH].s &&
           (login->fetch || login->again <= now);
}

const char *login_why_not(const struct login *login, struct arena *arena) {
    const char *name = login->name;
    if (login->is_unreadable)
        return arena_printf(arena,
                            "what is kept of the login %s cannot be read: log in again: "
                            "agent-sandbox login %s",
                            name, name);
    if (!login->kept.token[LOGIN_ACCESS].s)
        return arena_printf(arena, "nobody is logged in as %s: agent-sandbox login %s", name, name);
    if (login->kept.ended.s)
        return arena_printf(arena, "the login %s has ended: log in again: agent-sandbox login %s",
                            name, name);
    return arena_printf(arena, "the login %s has no token that is good, and gets no new one: %s",
                        name, login->failure ? login->failure : "it was given no refresh token");
}

/* -- for the vault -- */

static const char *access_of(void *context, const struct egress_login *known, struct arena *arena,
                             struct bytes *secret, struct forms **forms) {
    const struct login *login = logins_find(context, known->name);
    int64_t now = world_now();
    if (!login)
        return arena_printf(arena, "login %s is kept by nobody here", known->name);
    if (!login_is_in(login) || (login->kept.ends && login->kept.ends <= now))
        return login_why_not(login, arena);
    const struct secret *access = &login->kept.token[LOGIN_ACCESS];
    *secret = (struct bytes){access->s, access->n};
    *forms = login->forms;
    return NULL;
}

static const char *refresh_of(void *context, const struct egress_login *known, struct arena *arena,
                              struct bytes *secret) {
    const struct login *login = logins_find(context, known->name);
    if (!login || !login->kept.token[LOGIN_REFRESH].s)
        return arena_printf(arena, "login %s has no refresh token", known->name);
    const struct secret *refresh = &login->kept.token[LOGIN_REFRESH];
    *secret = (struct bytes){refresh->s, refresh->n};
    return NULL;
}

static bool waits(void *context, const struct egress_login *known) {
    const struct login *login = logins_find(context, known->name);
    int64_t now = world_now();
    return login && login_may_renew(login, now) && login->kept.ends && login->kept.ends <= now;
}

/* -- who waits -- */

void login_wait(struct login *login, struct login_waiter *waiter) {
    waiter->next = login->waiting;
    waiter->link = &login->waiting;
    if (waiter->next)
        waiter->next->link = &waiter->next;
    login->waiting = waiter;
    login_renew(login);
}

void login_forget_waiter(struct login_waiter *waiter) {
    if (!waiter->link)
        return;
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    waiter->link = NULL;
}

/* Each may end others, or wait again: who does that then is not woken now. */
static void wake_all(struct login *login) {
    struct login_waiter *waiting = login->waiting;
    login->waiting = NULL;
    if (waiting)
        waiting->link = &waiting;
    while (waiting) {
        struct login_waiter *one = waiting;
        login_forget_waiter(one);
        one->wake(one);
    }
}

void login_fetched(struct login *login) {
    login->fetch = NULL;
    wake_all(login);
}

void login_renew(struct login *login) {
    if (login->fetch)
        return;
    login->fetch = login_fetch_new(login);
    if (!login->fetch)
        wake_all(login);
}

void login_doubt(struct login *login, uint64_t number) {
    int64_t now = world_now();
    if (number != login->number || now < login->doubts)
        return;
    login->doubts = now + DOUBTS;
    login->is_doubted = true;
    if (login_may_renew(login, now))
        login_renew(login);
}

/* -- beginning -- */

struct login *logins_find(struct logins *logins, const char *name) {
    struct login *login = logins ? logins->all : NULL;
    while (login && strcmp(login->name, name) != 0)
        login = login->next;
    return login;
}

static void load(struct login *login, const char *sandbox) {
    struct logins *logins = login->logins;
    struct login_kept kept;
    switch (login_store_read(logins->folder, sandbox, login->name, logins->key, &kept)) {
    case LOGIN_FOUND:
        login_put(login, &kept);
        break;
    case LOGIN_UNREADABLE:
        login->is_unreadable = true;
        login_tell(login, "not readable", "its file is not whole, or was written with another key");
        break;
    case LOGIN_NONE:
        break;
    }
}

/* Of jansson: tokens of root's own words pass through it. */
static void free_wiped(void *memory) {
#ifdef __APPLE__
    size_t n = memory ? malloc_size(memory) : 0;
#elif defined(__GLIBC__)
    size_t n = memory ? malloc_usable_size(memory) : 0;
#else
    size_t n = 0;
#endif
    if (n)
        OPENSSL_cleanse(memory, n);
    free(memory);
}

const char *logins_know(struct logins *logins, const struct egress *egress) {
    if (egress->login_count && !logins->has_key)
        return "the key that logins are kept with cannot be read (login-key)";
    if (egress->login_count && mkdir(logins->folder, 0700) < 0 && errno != EEXIST)
        return "the folder of logins cannot be made";
    if (egress->login_count)
        json_set_alloc_funcs(malloc, free_wiped);
    for (size_t i = 0; i < egress->login_count; i++) {
        if (logins_find(logins, egress->logins[i].name))
            continue;
        struct login *login = must_alloc(sizeof *login);
        *login = (struct login){
            .next = logins->all, .logins = logins, .name = must_copy(egress->logins[i].name)};
        logins->all = login;
        load(login, egress->sandbox);
    }
    return NULL;
}

struct logins *logins_new(struct proxy *proxy, const char *folder, const char *key_path) {
    struct logins *logins = must_alloc(sizeof *logins);
    *logins = (struct logins){.proxy = proxy, .folder = must_copy(folder)};
    logins->has_key = key_path && login_key_read(key_path, logins->key);
    vault_keep_logins(proxy->vault, &(struct vault_logins){logins, access_of, refresh_of, waits});
    return logins;
}

void logins_tick(struct logins *logins) {
    int64_t now = world_now();
    for (struct login *login = logins->all; login; login = login->next) {
        if (login->fetch)
            login_fetch_tick(login->fetch);
        else if (egress_login(logins->proxy->egress, login->name) && login_may_renew(login, now) &&
                 !login_is_fresh(login, now))
            login_renew(login);
    }
}
