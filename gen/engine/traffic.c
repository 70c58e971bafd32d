#include "engine/traffic.h"
#include "base/die.h"
#include "engine/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MOST = 1024, SLOTS = 2 * MOST, TELL_SECONDS = 60 };

struct traffic {
    const char *scheme;
    char *host;
    int port;
    json_int_t sent, received;
};

static struct {
    struct traffic *slots[SLOTS]; /* open addressing, at most half full */
    size_t count;
    struct traffic others;
    unsigned seconds;
} own = {.others = {.scheme = "", .host = "others"}};

static size_t hash(const char *scheme, const char *host, int port) { /* FNV-1a */
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)port;
    for (; *host; host++)
        h = (h ^ (unsigned char)*host) * UINT64_C(0x100000001b3);
    for (; *scheme; scheme++)
        h = (h ^ (unsigned char)*scheme) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static bool is(const struct traffic *one, const char *scheme, const char *host, int port) {
    return one->port == port && strcmp(one->host, host) == 0 && strcmp(one->scheme, scheme) == 0;
}

struct traffic *traffic_of(const char *scheme, const char *host, int port) {
    size_t at = hash(scheme, host, port) % SLOTS;
    while (own.slots[at] && !is(own.slots[at], scheme, host, port))
        at = (at + 1) % SLOTS;
    if (own.slots[at])
        return own.slots[at];
    if (own.count == MOST)
        return &own.others;
    own.count++;
    own.slots[at] = must_alloc(sizeof *own.slots[at]);
    *own.slots[at] = (struct traffic){.scheme = scheme, .host = must_copy(host), .port = port};
    return own.slots[at];
}

void traffic_sent(struct traffic *traffic, size_t length) {
    if (traffic)
        traffic->sent += (json_int_t)length;
}

void traffic_received(struct traffic *traffic, size_t length) {
    if (traffic)
        traffic->received += (json_int_t)length;
}

static void tell(struct traffic *one) {
    if (!one || (!one->sent && !one->received))
        return;
    json_t *line = json_pack("{s:s, s:s, s:s, s:i, s:I, s:I}", "event", "traffic", "scheme",
                             one->scheme, "host", one->host, "port", one->port, "sent", one->sent,
                             "received", one->received);
    if (journal_write(line))
        one->sent = one->received = 0;
}

void traffic_tell(void) {
    for (size_t i = 0; i < SLOTS; i++)
        tell(own.slots[i]);
    tell(&own.others);
}

void traffic_tick(void) {
    if (++own.seconds % TELL_SECONDS == 0)
        traffic_tell();
}
