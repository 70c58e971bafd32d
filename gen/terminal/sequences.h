#ifndef TERMINAL_SEQUENCES_H
#define TERMINAL_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>

/* TABLE 12: what a terminal can be told, and what becomes of it. What has no row is dropped. */

enum kind {
    A_CONTROL,   /* one byte below 0x20 */
    A_CHARACTER, /* in UTF-8 */
    AN_ESCAPE,   /* ESC, up to one intermediate, a final byte */
    A_SEQUENCE,  /* CSI: ESC [, a prefix, parameters, up to one intermediate, a final byte */
    A_MODE,      /* a number of CSI ? h and CSI ? l (DECSET, DECRST) */
    A_COMMAND,   /* OSC: ESC ], a number, a text, up to BEL or ST */
    A_STRING,    /* DCS, SOS, PM, APC: up to ST */
};

enum decision {
    DROPPED,
    SHOWN,
    /* SHOWN, and undone when the session ends: */
    CHARSET,
    COLOURS,
    INSERTS,
    KEYPAD,
    REGION,
    CURSOR_SHAPE,
    OTHER_KEYS,
    KEYS_PUSHED,
    KEYS_POPPED,
    KEYS_SET,
    MODES,
    TITLE_STACK,
    /* Shown when their text holds: */
    TITLE,
    LINK,
    CLIPBOARD,
    /* The terminal is asked, and its answer is given to the session only when it is of the one
       form: replies.h */
    ASKED,
    ASKED_MODE,
    ASKED_COLOUR,
    /* Dropped, and whoever started us is told that the session wants its operator. */
    NOTICED,
};

struct sequence {
    enum kind kind;
    const char *key; /* prefix, intermediate and final byte; of modes and commands the number */
    enum decision decision;
    unsigned char most;  /* parameters */
    char rest;           /* of a mode: how it is left, h or l; 0: as it is */
    const char *example; /* nothing but this row decides about it */
    const char *what, *source;
};

extern const struct sequence sequences[];
extern const size_t sequences_count;

/* The row; NULL: none. */
const struct sequence *sequence_of(enum kind, const char *key);

/* The table on standard output, for --table. */
void table_print(void);

#endif
