/*
 * The test world's names and addresses, in place of gen/engine/world.c: the shipped engine has no
 * switch that opens private addresses. Everything else of it runs as shipped.
 *
 * PROXY_WORLD: {"names": {NAME: [ADDRESS...]}, "open": [ADDRESS...], "never": [ADDRESS...]}; a list
 * of lists is a name that rebinds: each lookup takes the next answer.
 *
 * PROXY_LOOKUPS: a file that takes a line for each lookup.
 *
 * PROXY_TODAY: a file that may hold another day.
 *
 * PROXY_CLOCK: a file that may hold by how many seconds the clock is ahead.
 *
 * PROXY_LIMITS: "CLIENTS HEAD BODY", so that no test waits for minutes.
 */
#include "base/calendar.h"
#include "engine/world.h"
#include "spec/vocabulary.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The world's own names end in .test, as names of no real world do. */
static const char *const endings[] = {
    "alt", "corp",  "example",     "home",      "home.arpa", "internal", "intranet", "invalid",
    "lan", "local", "localdomain", "localhost", "onion",     "private",  NULL,
};
const char *const *const world_special_use = endings;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static json_t *world(const char *key) {
    static json_t *read;
    if (!read)
        read = json_loads(getenv("PROXY_WORLD"), 0, NULL);
    return json_object_get(read, key);
}

static struct addrinfo *address(const char *text, int port, struct addrinfo *next) {
    struct addrinfo *made = calloc(1, sizeof *made);
    struct sockaddr_storage *where = calloc(1, sizeof *where);
    struct sockaddr_in *four = (struct sockaddr_in *)where;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)where;
    if (!made || !where)
        abort();
    made->ai_next = next;
    made->ai_addr = (struct sockaddr *)where;
    made->ai_socktype = SOCK_STREAM;
    if (strchr(text, ':')) {
        made->ai_family = six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, text, &six->sin6_addr);
    } else {
        made->ai_family = four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        inet_pton(AF_INET, text, &four->sin_addr);
    }
    return made;
}

static json_t *turn_of(const char *host, json_t *answers) {
    static json_t *turns;
    if (!turns)
        turns = json_object();
    json_int_t turn = json_integer_value(json_object_get(turns, host));
    json_object_set_new(turns, host, json_integer(turn + 1));
    size_t last = json_array_size(answers) - 1, at = (size_t)turn < last ? (size_t)turn : last;
    return json_array_get(answers, at);
}

int world_lookup(const char *host, int port, struct addrinfo **found) {
    pthread_mutex_lock(&lock);
    FILE *log = fopen(getenv("PROXY_LOOKUPS"), "a");
    if (log) {
        fprintf(log, "%s\n", host);
        fclose(log);
    }
    json_t *answers = json_object_get(world("names"), host);
    if (json_is_array(json_array_get(answers, 0)))
        answers = turn_of(host, answers);
    *found = NULL;
    for (size_t i = json_array_size(answers); i > 0; i--)
        *found = address(json_string_value(json_array_get(answers, i - 1)), port, *found);
    pthread_mutex_unlock(&lock);
    return *found ? 0 : EAI_NONAME;
}

void world_lookup_free(struct addrinfo *found) {
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found->ai_addr);
        free(found);
        found = next;
    }
}

static bool is_among(const char *key, const char *text) {
    json_t *list = world(key);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

bool world_may_reach(const struct sockaddr *where, const struct cidr *ranges, size_t count) {
    char text[64] = "";
    struct cidr cidr = {.family = 4, .length = 32};
    if (where->sa_family != AF_INET)
        return false;
    inet_ntop(AF_INET, &((const struct sockaddr_in *)where)->sin_addr, text, sizeof text);
    memcpy(cidr.bytes, &((const struct sockaddr_in *)where)->sin_addr, 4);
    for (size_t i = 0; i < count; i++)
        if (cidr_covers(&ranges[i], &cidr) && !is_among("never", text))
            return true;
    return is_among("open", text);
}

int64_t world_now(void) {
    const char *path = getenv("PROXY_CLOCK");
    FILE *file = path ? fopen(path, "r") : NULL;
    long long ahead = 0;
    if (file && fscanf(file, "%lld", &ahead) != 1)
        ahead = 0;
    if (file)
        fclose(file);
    return time(NULL) + ahead;
}

int64_t world_boot_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

struct date world_today(void) {
    struct date day = calendar_date(time(NULL));
    unsigned year, month, number;
    FILE *file = fopen(getenv("PROXY_TODAY"), "r");
    if (!file)
        return day;
    if (fscanf(file, "%u-%u-%u", &year, &month, &number) == 3)
        day = (struct date){(uint16_t)year, (uint8_t)month, (uint8_t)number};
    fclose(file);
    return day;
}

struct world_limits world_limits(void) {
    struct world_limits limits = {.clients = 4096, .head_seconds = 60, .body_seconds = 600};
    const char *smaller = getenv("PROXY_LIMITS");
    if (smaller && sscanf(smaller, "%u %u %u", &limits.clients, &limits.head_seconds,
                          &limits.body_seconds) != 3)
        abort();
    return limits;
}
