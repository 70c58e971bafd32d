/*
 * How many bytes went to each host and port, and came back: of bodies where messages are read, of
 * all that passed where nobody reads. A line of the log for each once a minute, where something has
 * passed since the last.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stddef.h>

struct traffic;

/* Stays until the process ends; there are only so many, and then one for all others. scheme: a
 * literal. */
struct traffic *traffic_of(const char *scheme, const char *host, int port);
/* NULL counts nothing. */
void traffic_sent(struct traffic *traffic, size_t length);
void traffic_received(struct traffic *traffic, size_t length);

/* Once a second. */
void traffic_tick(void);
/* What has not been told yet. */
void traffic_tell(void);

#endif
