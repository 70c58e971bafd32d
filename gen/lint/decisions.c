#include "lint/decisions.h"
#include "base/die.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No text of the proxy's is longer than 1024 characters, and no list than 16 items. */
enum { LINE_MAX_BYTES = 1 << 20, CHUNK = 1 << 16 };

struct reader {
    void (*line)(const json_t *, const char *, void *);
    void *context;
    struct decisions_tally *tally;
};

/* -- one line -- */

static const char *text_of(const json_t *line, const char *key) {
    return json_string_value(json_object_get(line, key));
}

static void keep_time(struct decisions_tally *tally, const char *time) {
    size_t n = time ? strspn(time, "0123456789-:T") : 0;
    if (n != DECISIONS_TIME - 1)
        return;
    if (!*tally->first || memcmp(time, tally->first, n) < 0)
        memcpy(tally->first, time, n);
    if (!*tally->last || memcmp(time, tally->last, n) > 0)
        memcpy(tally->last, time, n);
}

static void count(struct decisions_tally *tally, const json_t *line) {
    const char *event = text_of(line, "event");
    if (!event || strcmp(event, "decision") != 0)
        return;
    tally->decisions++;
    keep_time(tally, text_of(line, "time"));
}

/* One without a scheme, a method or a host is one of a request that was refused for what it is. */
static bool read_decision(const json_t *line, struct decision *out) {
    const char *event = text_of(line, "event");
    struct decision decision = {.scheme = text_of(line, "scheme"),
                                .method = text_of(line, "method"),
                                .host = text_of(line, "host"),
                                .path = text_of(line, "path"),
                                .credentials = json_object_get(line, "credentials")};
    json_int_t port = json_integer_value(json_object_get(line, "port"));
    decision.port = port > 0 && port <= 65535 ? (int)port : 0;
    if (!json_is_array(decision.credentials))
        decision.credentials = NULL;
    *out = decision;
    return event && strcmp(event, "decision") == 0 && decision.scheme && decision.method &&
           decision.host && decision.port;
}

static void take_other(const struct reader *reader, const char *text, size_t n) {
    char *copy CHAR_CLEANUP = must_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = text[i] ? text[i] : ' ';
    copy[n] = '\0';
    reader->line(NULL, copy, reader->context);
}

static void take_line(const struct reader *reader, const char *text, size_t n) {
    const char *begin = n ? memchr(text, '{', n) : NULL;
    json_error_t error;
    reader->tally->lines++;
    if (!begin) {
        take_other(reader, text, n);
        return;
    }
    json_t *line = json_loadb(begin, n - (size_t)(begin - text), 0, &error);
    if (json_is_object(line)) {
        count(reader->tally, line);
        reader->line(line, NULL, reader->context);
    } else {
        reader->tally->unread++;
    }
    json_decref(line);
}

/* -- the file -- */

struct pending { /* the beginning of a line whose end is not here yet */
    char *text;
    size_t n;
    bool too_long; /* the rest of it is passed over */
};

static void end_line(const struct reader *reader, struct pending *pending) {
    if (pending->too_long) {
        reader->tally->lines++;
        reader->tally->unread++;
    } else {
        take_line(reader, pending->text, pending->n);
    }
    pending->n = 0;
    pending->too_long = false;
}

static void keep(struct pending *pending, const char *text, size_t n) {
    if (pending->n + n > LINE_MAX_BYTES)
        pending->too_long = true;
    else
        memcpy(pending->text + pending->n, text, n);
    pending->n = pending->too_long ? 0 : pending->n + n;
}

static void take_chunk(const struct reader *reader, struct pending *pending, const char *text,
                       size_t n) {
    const char *end = text + n, *newline;
    while (text < end && (newline = memchr(text, '\n', (size_t)(end - text)))) {
        size_t length = (size_t)(newline - text);
        if (pending->n || pending->too_long) {
            keep(pending, text, length);
            end_line(reader, pending);
        } else {
            take_line(reader, text, length);
        }
        text = newline + 1;
    }
    if (text < end)
        keep(pending, text, (size_t)(end - text));
}

const char *decisions_lines(int descriptor,
                            void (*found)(const json_t *line, const char *other, void *context),
                            void *context, struct decisions_tally *tally) {
    struct reader reader = {found, context, tally};
    struct pending pending = {.text = must_alloc(LINE_MAX_BYTES)};
    char *chunk = must_alloc(CHUNK);
    const char *why = NULL;
    ssize_t n;
    *tally = (struct decisions_tally){0};
    while ((n = read(descriptor, chunk, CHUNK)) != 0) {
        if (n > 0)
            take_chunk(&reader, &pending, chunk, (size_t)n);
        else if (errno != EINTR) {
            why = strerror(errno);
            break;
        }
    }
    if (pending.n || pending.too_long)
        end_line(&reader, &pending);
    free(pending.text);
    free(chunk);
    return why;
}

struct decided {
    void (*found)(const struct decision *, void *);
    void *context;
};

static void take_decision(const json_t *line, const char *other, void *context) {
    const struct decided *decided = context;
    struct decision decision;
    if (!other && read_decision(line, &decision))
        decided->found(&decision, decided->context);
}

const char *decisions_each(int descriptor,
                           void (*found)(const struct decision *decision, void *context),
                           void *context, struct decisions_tally *tally) {
    struct decided decided = {found, context};
    return decisions_lines(descriptor, take_decision, &decided, tally);
}
