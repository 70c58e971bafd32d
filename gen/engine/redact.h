/*
 * Blots a secret out of what comes back, in every form that a server may echo it, as it streams:
 * what modules/proxy/redact.py finds, this finds, and nothing else (a test compares them). What is
 * found is replaced by as many asterisks, so no length changes.
 */
#ifndef REDACT_H
#define REDACT_H

#include "base/buf.h"
#include "engine/bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* The forms of one secret or placeholder, made once. Counted: a secret may be rotated while an
 * answer that it went out for still streams. */
struct forms;

/* Of 8 to 16384 bytes, 0x21 to 0x7e. The caller holds one reference. */
struct forms *forms_new(const char *secret, size_t length);
struct forms *forms_ref(struct forms *forms);
void forms_unref(struct forms *forms); /* wiped when it was the last; NULL is none */

/* Whether one of these is in data, whole. */
bool forms_found(struct forms *const *forms, size_t count, const void *data, size_t length);
/* In place; true when something was blotted. */
bool forms_scrub(struct forms *const *forms, size_t count, void *data, size_t length);

/* One stream. Only an end that may begin a form is held back, so events pass as they come. */
struct redactor;
struct redactor *redactor_new(struct forms *const *forms,
                              size_t count); /* takes references of its own */
void redactor_free(struct redactor *redactor);
/* What is sure of that which was held and of data; with end, all of it. It lies in data where that
 * can stay as it is, else in room, which was empty. */
struct bytes redactor_pass(struct redactor *redactor, const void *data, size_t length, bool end,
                           struct buf *room);
/* The same, appended to out. */
void redactor_feed(struct redactor *redactor, const void *data, size_t length, bool end,
                   struct buf *out);

#endif
