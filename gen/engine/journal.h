/*
 * What the engine says: one JSON line for each decision, and readiness to systemd;
 * modules/proxy/journal.py, in C. Lines hold names, methods and paths, never a query, a header's
 * value, a body or a secret. Where journald has our stderr they go to it as messages of their own
 * (systemd.exec(5), JOURNAL_STREAM), elsewhere to stderr. From chain_start() on each is bound to
 * the one before it (engine/chain.h).
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <jansson.h>
#include <stdbool.h>

void journal_start(void);

/* Takes line over: an object that begins with "event". At once and without a buffer: false when it
 * could not be written, and then what it says must not happen. A flood of refusals is counted, not
 * written. */
bool journal_write(json_t *line);
/* Once a second: what the flood left out. */
void journal_tell_untold(void);

/* A last line, and the end of this process: exit code 1. */
_Noreturn void journal_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* sd_notify(3), where there is a NOTIFY_SOCKET. */
void journal_notify(const char *message);
/* Which policy is live: to systemd, as systemctl shows it; without one, into that file. */
void journal_status(const char *text, const char *path);

#endif
