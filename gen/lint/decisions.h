/*
 * A log of the proxy's decisions, line by line: as journalctl -o cat prints it, or agent-sandbox
 * logs, or journalctl with its own words in front of each line. What the agent asked for stands in
 * it, so nothing of it is trusted, and no line is kept.
 */
#ifndef DECISIONS_H
#define DECISIONS_H

#include <jansson.h>
#include <stddef.h>

struct decision {                              /* valid until found() returns */
    const char *scheme, *method, *host, *path; /* path: NULL where nothing was read */
    int port;
    const json_t *credentials; /* a list, or NULL */
};

enum { DECISIONS_TIME = 20 };

struct decisions_tally {
    size_t lines, decisions;
    size_t unread; /* lines with a '{' that are no JSON, or longer than one of the proxy's can be */
    char first[DECISIONS_TIME], last[DECISIONS_TIME]; /* "2026-01-31T12:00:00"; or empty */
};

/* Until the end of the file. NULL, or why it can't be read. */
const char *decisions_each(int descriptor,
                           void (*found)(const struct decision *decision, void *context),
                           void *context, struct decisions_tally *tally);

/* The same of every line: an object, or what has no '{' in it, as other, which may be anything but
 * NUL, and no UTF-8. Both are valid until found() returns. */
const char *decisions_lines(int descriptor,
                            void (*found)(const json_t *line, const char *other, void *context),
                            void *context, struct decisions_tally *tally);

#endif
