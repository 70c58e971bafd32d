#ifndef TERMINAL_REPLIES_H
#define TERMINAL_REPLIES_H

#include "terminal/filter.h"

/* What the operator's terminal types on its own, told from what he types: only while it was asked
 * for. An answer of the one form that its question has goes on, with what the terminal is in place
 * of which one it is (DA1, DA2); the answers to questions before it are not awaited any more. */

enum { REPLY_LONGEST = 64, REPLY_WAIT = 100 /* ms, for the rest of one that has begun */ };

struct replies {
    char held[REPLY_LONGEST]; /* begun, and not told from keys yet */
    size_t length;
};

/* The most that comes of so many bytes. */
#define REPLIES_ROOM(length) (2 * ((length) + REPLY_LONGEST))

/* Gives how much it wrote to out, which has REPLIES_ROOM(length) bytes. */
size_t replies_take(struct replies *, struct questions *, const char *typed, size_t length,
                    char *out);

/* What was begun is keys after all. */
size_t replies_give_up(struct replies *, char *out);

#endif
