#include "engine/ssh_agent.h"
#include "base/buf_raw.h"
#include "engine/journal.h"
#include "engine/ssh_filter.h"
#include "engine/ssh_key.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* SOCKET: SD_LISTEN_FDS_START. IDLE: ssh keeps a connection while its user is asked for something.
 * ANSWER: the operator may have to confirm, or to touch a key. In seconds. */
enum { SOCKET = 3, MOST = 32, HEAD = 4, IDLE = 600, ANSWER = 120, SEND = 5, TICK = 1000 };

/* A connection, and the one to the operator's agent that is made for it. */
struct client {
    int file, agent; /* -1: none */
    struct ssh_filter filter;
    struct ssh_decision asked; /* while its answer is waited for */
    bool waits;
    struct buf in; /* of the one that is read from now */
    time_t until;
};

static struct {
    struct arena *arena; /* of the rules */
    struct ssh_rules rules;
    const char *agent; /* its path */
    struct client clients[MOST];
    size_t count;
} own;

static time_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* What is told. */

static const char *const words[] = {"other", "keys", "bind", "login", "sign-commit"};

static json_t *user_text(struct bytes user) {
    char text[64];
    size_t n = user.n < sizeof text - 1 ? user.n : sizeof text - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = user.s[i];
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '?';
    text[n] = '\0';
    return json_string(text);
}

/* False: it could not be written, and must not happen. Which keys are there is no secret, and asked
 * all the time. */
static bool tell(const struct ssh_decision *said) {
    if (said->ask == SSH_ASK_KEYS && !said->why)
        return true;
    json_t *line = json_pack("{s:s, s:s, s:s}", "event", "ssh", "verdict",
                             said->why ? "deny" : "allow", "asked", words[said->ask]);
    if (said->host)
        json_object_set_new(line, "host", json_string(said->host->name));
    if (said->user.n)
        json_object_set_new(line, "user", user_text(said->user));
    if (said->key.n) {
        char print[SSH_FINGERPRINT];
        ssh_key_fingerprint(said->key, print);
        json_object_set_new(line, "key", json_string(print));
    }
    if (said->why)
        json_object_set_new(line, "reason", json_string(said->why));
    return journal_write(line);
}

/* Messages. */

static bool send_all(int file, const char *data, size_t length) {
    while (length) {
        ssize_t n = send(file, data, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

static bool send_message(int file, struct bytes message) {
    struct buf whole BUF_CLEANUP = {0};
    wire_put_string(&whole, message);
    return send_all(file, whole.data, whole.len);
}

static bool send_failure(int file) {
    static const char failure[] = {SSH_AGENT_FAILURE};
    return send_message(file, (struct bytes){failure, 1});
}

/* Reads what there is of one message, and no byte behind it: 1 when it is whole, 0 when it is not
 * yet, -1 at the end and where it is too long. */
static int receive(int file, struct buf *in, size_t most) {
    for (;;) {
        size_t wanted = HEAD;
        if (in->len >= HEAD) {
            struct wire wire = wire_of((struct bytes){in->data, HEAD});
            uint32_t length = wire_number(&wire);
            if (length == 0 || length > most)
                return -1;
            wanted += length;
            if (in->len == wanted)
                return 1;
        }
        buf_room(in, wanted - in->len);
        ssize_t n = recv(file, in->data + in->len, wanted - in->len, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (n <= 0)
            return -1;
        in->len += (size_t)n;
    }
}

static struct bytes message_of(const struct buf *in) {
    return (struct bytes){in->data + HEAD, in->len - HEAD};
}

/* Connections. */

static void limit_sending(int file) {
    struct timeval limit = {.tv_sec = SEND};
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    fcntl(file, F_SETFD, FD_CLOEXEC);
}

static int dial(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    if (file < 0)
        return -1;
    limit_sending(file);
    if (connect(file, (struct sockaddr *)&address, sizeof address) == 0)
        return file;
    close(file);
    return -1;
}

static void open_client(int listener) {
    int file = accept(listener, NULL, NULL);
    if (file < 0)
        return;
    limit_sending(file);
    own.clients[own.count++] = (struct client){
        .file = file, .agent = -1, .filter = {.rules = &own.rules}, .until = now() + IDLE};
}

static void close_client(size_t at) {
    struct client *client = &own.clients[at];
    close(client->file);
    if (client->agent >= 0)
        close(client->agent);
    ssh_filter_end(&client->filter);
    buf_free(&client->in);
    own.clients[at] = own.clients[--own.count];
}

/* Each returns false when the connection is to end. */

static bool no_agent(struct client *client) {
    journal_write(json_pack("{s:s, s:s}", "event", "error", "error",
                            "the operator's ssh-agent does not answer"));
    return send_failure(client->file);
}

static bool ask(struct client *client) {
    client->asked = ssh_filter_ask(&client->filter, message_of(&client->in));
    bool told = tell(&client->asked);
    if (client->asked.why || !told)
        return send_failure(client->file);
    if (client->agent < 0)
        client->agent = dial(own.agent);
    if (client->agent < 0 || !send_all(client->agent, client->in.data, client->in.len))
        return no_agent(client);
    client->waits = true;
    return true;
}

static bool answer(struct client *client) {
    struct buf out BUF_CLEANUP = {0};
    ssh_filter_answer(&own.rules, client->asked.ask, message_of(&client->in), &out);
    client->waits = false;
    return send_message(client->file, (struct bytes){out.data, out.len});
}

static bool go_on(struct client *client) {
    bool waits = client->waits;
    int got = waits ? receive(client->agent, &client->in, SSH_LONGEST_ANSWER)
                    : receive(client->file, &client->in, SSH_LONGEST);
    if (got < 0 && waits)
        no_agent(client);
    if (got <= 0)
        return got == 0;
    bool goes_on = waits ? answer(client) : ask(client);
    client->in.len = 0;
    client->until = now() + (client->waits ? ANSWER : IDLE);
    return goes_on;
}

static void turn(int listener) {
    struct pollfd files[MOST + 1];
    size_t count = own.count;
    files[0] = (struct pollfd){.fd = count < MOST ? listener : -1, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        const struct client *client = &own.clients[i];
        files[i + 1] =
            (struct pollfd){.fd = client->waits ? client->agent : client->file, .events = POLLIN};
    }
    if (poll(files, (nfds_t)count + 1, TICK) < 0)
        return;
    for (size_t i = count; i-- > 0;)
        if (own.clients[i].until < now() || (files[i + 1].revents && !go_on(&own.clients[i])))
            close_client(i);
    if (files[0].revents & POLLIN)
        open_client(listener);
    journal_tell_untold();
}

static bool has_socket(void) {
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    return process && count && strtol(process, NULL, 10) == getpid() && strcmp(count, "1") == 0;
}

_Noreturn void ssh_agent_run(const char *folder, bool sign_commits) {
    own.arena = arena_new();
    const char *why = ssh_rules_read(own.arena, folder, &own.rules);
    if (why)
        journal_fatal("%s", why);
    own.rules.sign_commits = sign_commits;
    own.agent = getenv("SSH_AUTH_SOCK");
    if (!own.agent)
        journal_fatal("no ssh-agent is named: SSH_AUTH_SOCK is not set");
    if (!has_socket())
        journal_fatal("the ssh-agent has no socket: the unit that is a socket starts it");
    for (;;)
        turn(SOCKET);
}
