/*
 * The logins that this engine keeps: what it has of each, who waits for a new token, and when that
 * is got. One new token of a login is asked for at a time, whoever needs it.
 *
 * Ownership: a login lives as long as the process, also where no policy has it any more.
 */
#ifndef LOGINS_H
#define LOGINS_H

#include "engine/login_body.h"
#include "engine/login_store.h"
#include "engine/proxy.h"

struct login_fetch;

/* Of whoever waits; it unlinks itself before wake is called. */
struct login_waiter {
    struct login_waiter *next, **link; /* link NULL: it does not wait */
    void (*wake)(struct login_waiter *waiter);
    void *of;
};

struct login {
    struct login *next;
    struct logins *logins;
    char *name;
    struct login_kept kept;    /* token[LOGIN_ACCESS].s NULL: nobody is logged in */
    struct forms *forms;       /* of the access token */
    bool is_unreadable;        /* its file is torn, or of another key */
    bool is_doubted;           /* a host did not take the token */
    int64_t doubts;            /* not before */
    uint64_t number;           /* of the token, one more for each */
    struct login_fetch *fetch; /* that gets a new one; else NULL */
    int64_t again;             /* after a failure: not before */
    unsigned failures;
    char *failure; /* of the last one; NULL: none */
    struct login_waiter *waiting;
};

struct logins {
    struct proxy *proxy;
    char *folder;
    bool has_key;
    unsigned char key[LOGIN_KEY];
    struct login *all;
};

/* Files lie in that folder, which is made; key_path may be NULL, or lead nowhere: then nothing can
 * be kept. The vault is told. */
struct logins *logins_new(struct proxy *proxy, const char *folder, const char *key_path);
/* Those of a new policy are read. NULL, or why they cannot be. */
const char *logins_know(struct logins *logins, const struct egress *egress);
struct login *logins_find(struct logins *logins, const char *name); /* NULL: no policy had it */

bool login_is_in(const struct login *login); /* it has a token, and may get others */
/* It is good for a while, as far as anybody knows. */
bool login_is_fresh(const struct login *login, int64_t now);
bool login_may_renew(const struct login *login, int64_t now);
/* "the login NAME has ended: log in again: agent-sandbox login NAME", or another reason. */
const char *login_why_not(const struct login *login, struct arena *arena);

/* Whose it is, as root or the service said it; NULL: not known. */
struct login_owner {
    const char *who, *plan, *account;
};
struct login_owner login_owner(const struct login_kept *kept, struct arena *arena);

/* Begins, where nothing has begun: everybody who waits is woken at its end. */
void login_renew(struct login *login);
void login_wait(struct login *login, struct login_waiter *waiter);
void login_forget_waiter(struct login_waiter *waiter);
/* A host that has got the token of that number said that it is none. */
void login_doubt(struct login *login, uint64_t number);

/* Tokens that were given out: durable when it returns NULL; else why they are not, in the arena.
 * request may be NULL: what is known of it stays. */
const char *login_take(struct login *login, const struct egress_login *known,
                       const struct egress_endpoint *endpoint, const struct login_request *request,
                       const struct login_answer *answer, struct arena *arena);
/* It is forgotten, file and all. */
bool login_out(struct login *login);
/* The service gives no new token for good, or for now. */
void login_end(struct login *login, const char *why);
void login_fail(struct login *login, const char *why);

/* Of login*.c: what was read or given out counts from now on; it is taken over. */
void login_put(struct login *login, struct login_kept *kept);
/* Into the log; why may be NULL. */
void login_tell(const struct login *login, const char *what, const char *why);

void logins_tick(struct logins *logins); /* once a second */

/* login_fetch.c: NULL where it could not even begin (login_fail() was called). */
struct login_fetch *login_fetch_new(struct login *login);
void login_fetch_tick(struct login_fetch *fetch);
/* Of login.c: whatever the fetch has brought, those who wait are woken. */
void login_fetched(struct login *login);

#endif
