#include "engine/journal.h"
#include "base/buf_raw.h"
#include "engine/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define JOURNALD "/run/systemd/journal/socket"
#define FIELDS "SYSLOG_IDENTIFIER=agent-sandbox\nPRIORITY=6\nMESSAGE="

enum { AT_ONCE = 1000, TELL_SECONDS = 10, HOSTS = 8, SEND_SECONDS = 5 };

static int sender = -1; /* to journald; without one, stderr */

/* The agent asks for nothing cheaper than a refusal or a name, and with enough of them it would
 * push all else out of the log: so many at once, and one a second. What passes is always told. */
static struct {
    double left, seen, told;
    json_int_t count;
    char *hosts[HOSTS];
} untold = {.left = AT_ONCE};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool may_be_told(void) {
    double at = now();
    if (untold.seen > 0 && at > untold.seen)
        untold.left += at - untold.seen;
    untold.seen = at;
    if (untold.left > AT_ONCE)
        untold.left = AT_ONCE;
    if (untold.left < 1)
        return false;
    untold.left -= 1;
    return true;
}

static void count_host(const char *host) {
    for (size_t i = 0; host && i < HOSTS; i++) {
        if (!untold.hosts[i]) {
            untold.hosts[i] = strdup(host);
            return;
        }
        if (strcmp(untold.hosts[i], host) == 0)
            return;
    }
}

static bool is(const json_t *line, const char *key, const char *word) {
    const char *value = json_string_value(json_object_get(line, key));
    return value && strcmp(value, word) == 0;
}

static bool is_left_out(const json_t *line) {
    bool decision = is(line, "event", "decision") || is(line, "event", "ssh");
    if (decision ? !is(line, "verdict", "deny")
                 : !is(line, "event", "error") && !is(line, "event", "tls-failed") &&
                       !is(line, "event", "name"))
        return false;
    if (may_be_told())
        return false;
    untold.count++;
    count_host(json_string_value(json_object_get(line, "host")));
    return true;
}

void journal_start(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char ours[64];
    if (!stream || fstat(2, &status) < 0)
        return;
    snprintf(ours, sizeof ours, "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    if (strcmp(stream, ours) != 0)
        return;
    struct timeval limit = {.tv_sec = SEND_SECONDS};
    sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (sender < 0)
        return;
    fcntl(sender, F_SETFD, FD_CLOEXEC);
    setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static bool write_all(const char *data, size_t length) {
    while (length) {
        ssize_t n = write(2, data, length);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return true;
}

/* Not connected, so that a journald that was stopped and started is the one that is asked. */
static bool emit(const struct buf *message) {
    static const struct sockaddr_un journald = {.sun_family = AF_UNIX, .sun_path = JOURNALD};
    const size_t fields = sizeof FIELDS - 1;
    if (sender < 0)
        return write_all(message->data + fields, message->len - fields);
    ssize_t n;
    do {
        n = sendto(sender, message->data, message->len, 0, (const struct sockaddr *)&journald,
                   sizeof journald);
    } while (n < 0 && errno == EINTR);
    return n >= 0;
}

static void add_time(struct buf *message) {
    static time_t second;
    static char text[32];
    struct timeval time;
    gettimeofday(&time, NULL);
    if (time.tv_sec != second) {
        struct tm utc;
        second = time.tv_sec;
        gmtime_r(&second, &utc);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    }
    buf_printf(message, "{\"time\": \"%s.%03d+00:00\", ", text, (int)(time.tv_usec / 1000));
}

/* ASCII only: no control or direction character of a request reaches the operator's terminal. */
static int add_text(const char *text, size_t length, void *message) {
    buf_add(message, text, length);
    return 0;
}

static void make(struct buf *message, const json_t *line) {
    buf_str(message, FIELDS);
    add_time(message);
    size_t at = message->len;
    json_dump_callback(line, add_text, message, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
    memmove(message->data + at, message->data + at + 1,
            message->len - at); /* its brace, and the NUL */
    message->len -= 2;          /* and the other one */
}

static void end(struct buf *message) {
    buf_str(message, "}\n");
}

static bool say(const json_t *line) {
    struct buf message BUF_CLEANUP = {0};
    const size_t fields = sizeof FIELDS - 1;
    make(&message, line);
    chain_say(&message);
    end(&message);
    if (!emit(&message))
        return false;
    chain_wrote(message.data + fields, message.len - fields - 1);
    return true;
}

bool journal_write(json_t *line) {
    bool done = is_left_out(line) || say(line);
    json_decref(line);
    return done;
}

void journal_tell_untold(void) {
    double at = now();
    if (!untold.count || at - untold.told < TELL_SECONDS)
        return;
    json_t *hosts = json_array();
    for (size_t i = 0; i < HOSTS && untold.hosts[i]; i++) {
        json_array_append_new(hosts, json_string(untold.hosts[i]));
        free(untold.hosts[i]);
        untold.hosts[i] = NULL;
    }
    json_t *line = json_pack("{s:s, s:I, s:o}", "event", "refusals-untold", "count", untold.count,
                             "hosts", hosts);
    say(line);
    json_decref(line);
    untold.count = 0;
    untold.told = at;
}

/* On stderr: journald no longer knows whose a message is once the process has ended. As it may
 * overtake what was sent before, it is in no chain. */
void journal_fatal(const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *line = json_pack("{s:s, s:s}", "event", "fatal", "error", text);
    struct buf message = {0};
    make(&message, line);
    end(&message);
    json_decref(line);
    write_all(message.data + sizeof FIELDS - 1, message.len - (sizeof FIELDS - 1));
    buf_free(&message);
    exit(1);
}

void journal_notify(const char *message) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || !*path || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int to = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (to < 0)
        return;
    /* Who does not listen must not stop the engine. */
    sendto(to, message, strlen(message), MSG_DONTWAIT, (struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(to);
}

void journal_status(const char *text, const char *path) {
    const char *notify = getenv("NOTIFY_SOCKET");
    struct buf made BUF_CLEANUP = {0};
    if (notify && *notify) {
        buf_printf(&made, "STATUS=%s", text);
        journal_notify(made.data);
        return;
    }
    buf_printf(&made, "%s.new", path);
    FILE *file = fopen(made.data, "w");
    if (!file)
        return;
    fprintf(file, "%s\n", text);
    if (fclose(file) == 0)
        rename(made.data, path);
}
