#include "terminal/replies.h"

#include <string.h>

enum { NO_REPLY = -1, UNFINISHED = -2, ESC = 0x1b };

/* A VT220 with colours, and nothing that is asked for because of what it says it has. */
static const char what_it_is[] = "\033[?62;22c", which_version[] = "\033[>0;354;0c";

static size_t span(const char *text, size_t length, size_t at, const char *of) {
    while (at < length && text[at] && strchr(of, text[at]))
        at++;
    return at;
}

/* CSI: which answer it is, and where it ends. */
static int sequence(const char *text, size_t length, size_t *end) {
    size_t at = 2;
    char prefix = 0, intermediate = 0;
    if (at < length && (text[at] == '?' || text[at] == '>'))
        prefix = text[at++];
    size_t first = at;
    at = span(text, length, at, "0123456789;");
    size_t numbers = at - first;
    if (at < length && text[at] == '$')
        intermediate = text[at++];
    if (at == length)
        return UNFINISHED;
    *end = at + 1;
    if (intermediate)
        return prefix == '?' && text[at] == 'y' && numbers ? (int)ASKED_A_MODE : NO_REPLY;
    if (text[at] == 'c' && prefix)
        return prefix == '?' ? (int)ASKED_WHAT : (int)ASKED_VERSION;
    if (text[at] == 'u' && prefix == '?' && numbers)
        return (int)ASKED_KEYS;
    if (text[at] == 'R' && !prefix && memchr(text + first, ';', numbers))
        return (int)ASKED_PLACE;
    if (text[at] == 'n' && !prefix && numbers == 1)
        return (int)ASKED_STATE;
    return NO_REPLY;
}

/* OSC 10, 11, 12: a colour of X11's (XParseColor(3)). */
static int colour(const char *text, size_t length, size_t *end) {
    static const char begin[] = "]1?;rgb";
    size_t at = 1;
    for (size_t i = 0; begin[i]; i++, at++) {
        if (at == length)
            return UNFINISHED;
        if (begin[i] == '?' ? text[at] < '0' || text[at] > '2' : text[at] != begin[i])
            return NO_REPLY;
    }
    at = span(text, length, at, "a");
    if (at < length && text[at++] != ':')
        return NO_REPLY;
    at = span(text, length, at, "0123456789abcdefABCDEF/");
    if (at == length)
        return UNFINISHED;
    if (text[at] == '\a') {
        *end = at + 1;
        return (int)ASKED_A_COLOUR;
    }
    if (text[at] != ESC)
        return NO_REPLY;
    if (at + 1 == length)
        return UNFINISHED;
    *end = at + 2;
    return text[at + 1] == '\\' ? (int)ASKED_A_COLOUR : NO_REPLY;
}

static int reply(const char *text, size_t length, size_t *end) {
    if (length < 2)
        return UNFINISHED;
    if (text[1] == '[')
        return sequence(text, length, end);
    return text[1] == ']' ? colour(text, length, end) : NO_REPLY;
}

/* The question that it answers, and those before it, are over; false: nobody asked. */
static bool answered(struct questions *asked, int what) {
    for (size_t i = 0; i < asked->count; i++) {
        if (asked->queue[i] != what)
            continue;
        asked->count -= i + 1;
        memmove(asked->queue, asked->queue + i + 1, asked->count);
        return true;
    }
    return false;
}

static size_t put(char *out, const char *bytes, size_t length) {
    memcpy(out, bytes, length);
    return length;
}

/* One byte more of what was held: how much is written. */
static size_t told_apart(struct replies *r, struct questions *asked, char *out) {
    size_t end = 0;
    int what = reply(r->held, r->length, &end);
    if (what == UNFINISHED && r->length < sizeof r->held)
        return 0;
    size_t length = r->length;
    r->length = 0;
    if (what < 0 || end != length || !answered(asked, what))
        return put(out, r->held, length);
    if (what == (int)ASKED_WHAT)
        return put(out, what_it_is, sizeof what_it_is - 1);
    if (what == (int)ASKED_VERSION)
        return put(out, which_version, sizeof which_version - 1);
    return put(out, r->held, length);
}

size_t replies_take(struct replies *r, struct questions *asked, const char *typed, size_t length,
                    char *out) {
    size_t wrote = 0;
    for (size_t i = 0; i < length; i++) {
        /* Another ESC ends what was none, but for the one of ST. */
        if (typed[i] == ESC && r->length && r->held[1] != ']')
            wrote += replies_give_up(r, out + wrote);
        if (r->length || (typed[i] == ESC && asked->count)) {
            r->held[r->length++] = typed[i];
            wrote += told_apart(r, asked, out + wrote);
        } else {
            out[wrote++] = typed[i];
        }
    }
    return wrote;
}

size_t replies_give_up(struct replies *r, char *out) {
    size_t length = put(out, r->held, r->length);
    r->length = 0;
    return length;
}
