#ifndef TERMINAL_FILTER_H
#define TERMINAL_FILTER_H

#include "terminal/sequences.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the bytes that a session prints to those that its operator's terminal is given. Bytes come
 * in any pieces; what comes out is text in UTF-8, controls, and whole sequences that have a row in
 * TABLE 12, each written anew from what was understood of it: no byte of a session's passes that
 * this has not read. Nothing is allocated. */

enum {
    FILTER_OUT = 16 * 1024,
    FILTER_TEXT = 160 * 1024, /* the longest text for the clipboard, in base64; others have less */
    FILTER_PARAMETERS = 32,
    FILTER_ASKED = 32,
    FILTER_MODES = 64,
    FILTER_NOTICE_TEXT = 200,
};

/* What was seen that a session does to be looked at. */
enum { FILTER_BELL = 1, FILTER_NOTICE = 2 };

/* What the terminal was asked, and has not answered. */
enum question {
    ASKED_WHAT,
    ASKED_VERSION,
    ASKED_STATE,
    ASKED_PLACE,
    ASKED_KEYS,
    ASKED_A_MODE,
    ASKED_A_COLOUR
};

struct questions {
    unsigned char queue[FILTER_ASKED]; /* enum question; the oldest first */
    size_t count;
};

struct filter {
    /* Where it goes; ours to call whenever there is something, in order. */
    void (*show)(void *to, const char *bytes, size_t length);
    void *to;
    bool clipboard,
        answers;   /* whether it is written; whether somebody takes the terminal's answers */
    unsigned seen; /* FILTER_BELL, FILTER_NOTICE; whoever has looked clears it */
    char notice[FILTER_NOTICE_TEXT]; /* text alone: what the last one said; the session's choice */
    size_t notice_length;
    struct questions asked;

    /* Its own. */
    unsigned char state, introducer;
    char partial[4]; /* of a character */
    unsigned char partial_length, partial_wanted;
    size_t length; /* of text */
    bool too_long;
    const struct sequence *by_final[128];
    /* What is to be undone. */
    uint64_t modes; /* by their place among the rows of modes */
    unsigned pushed[2], titles;
    bool charset, keypad, region, shape, other_keys, keys_set, titled, linked, coloured, inserts;
    size_t out_length;
    char out[FILTER_OUT];
    char text[FILTER_TEXT];
};

/* show, to, clipboard and answers are the caller's to set, the rest is zero: both before. */
void filter_begin(struct filter *);
void filter_take(struct filter *, const char *bytes, size_t length);

/* Nothing more comes: what was begun and not ended is dropped, and the terminal is put back as it
 * was. True: it may still type something that nobody has typed. */
bool filter_end(struct filter *);

#endif
