/*
 * What operators are asked: one question for each method, host, port and path that no rule allows,
 * and the requests that wait for its answer. Who subscribed hears of every change, a line each
 * (control.h):
 *   {"question": {"id", "method", "scheme", "host", "port", "path", "websocket", "missing",
 * "first", "last", "count", "waiting", "wait_until"}} new, or changed: missing is the rule that
 * would allow it and nothing else; count: requests so far; waiting: how many wait now, the first of
 * them until wait_until; times are seconds since the epoch
 *   {"gone": ID}
 *   {"refused": N}   so many were refused at once, since there is no room for more questions
 * modules/proxy/questions.py, in C. Bounded, whatever is asked for.
 */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { QUESTIONS_MOST = 256, QUESTIONS_WAITING = 1024, QUESTIONS_KEPT = 3600 /* seconds */ };

struct question;

/* A request that waits: its owner's, who keeps it until it is forgotten. Either function may
 * forget it, or free its owner. */
struct question_wait {
    void *owner;
    void (*look)(void *owner); /* something may have been answered */
    void (*over)(void *owner); /* nobody answered in time */
    struct question *question; /* NULL: it does not wait */
    struct question_wait *next, **link;
    int64_t until;
    unsigned looked;
};

struct question_place {
    const char *method, *host, *path;
    int port;
    bool tls, websocket;
    json_t *missing; /* borrowed */
};

void questions_start(uv_loop_t *loop);
/* NULL: it waits. Else why it does not. */
const char *questions_ask(const struct question_place *place, struct question_wait *wait,
                          int64_t seconds);
void questions_forget(struct question_wait *wait);
/* What is granted, or the policy, is another: all that wait are decided anew, in the loop's next
 * turn. */
void questions_look(void);
/* That peer of control.h hears of them from now on, and at once of all that there are. */
void questions_subscribe(uint64_t peer);
/* Once a second. */
void questions_tick(void);

#endif
