/*
 * Texts that look like secrets: what begins as well-known ones do, private keys, and what a
 * variable holds whose name is a secret's. Pure.
 */
#ifndef LOOK_ALIKE_H
#define LOOK_ALIKE_H

#include <stdbool.h>
#include <stddef.h>

struct look_alike { /* a part of a text, or all of it */
    const char *s;
    size_t n;
};

/* The next one in the text from *at on, which then stands behind it. None overlaps another. */
bool look_alike_next(const char *text, const char **at, struct look_alike *found);

/* Whether a variable of this name and value looks as if all of the value were a secret. */
bool look_alike_variable(const char *name, const char *value);

/* Whether there could be a text in which this is found. */
bool look_alike_findable(const char *s);
#define LOOK_ALIKE_PATTERN "^([A-Za-z0-9._-]+|-----BEGIN [^\\u0000]*PRIVATE KEY-----)$"
enum { LOOK_ALIKE_MIN = 16, LOOK_ALIKE_MAX = 8192 };

/* Enough to know it by, and too little to use it, should it be a secret after all: "AKIA...LE". */
enum { LOOK_ALIKE_SHOWN = 64 };
void look_alike_short(struct look_alike it, char shown[LOOK_ALIKE_SHOWN]);

#endif
