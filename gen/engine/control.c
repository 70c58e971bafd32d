#ifdef __linux__
#define _GNU_SOURCE /* SO_PEERCRED */
#endif
#include "engine/control.h"
#include "base/die.h"
#include "engine/journal.h"
#include "engine/wiped.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A line may hold a token: what it came in is wiped. */
struct peer {
    uv_pipe_t pipe;
    uint64_t id; /* 0: its place is free, or it closes */
    struct buf line;
    char piece[4096];
};

struct reply {
    uv_write_t write;
    struct peer *peer;
    char *text;
    size_t length;
};

static struct {
    struct proxy *proxy;
    uv_pipe_t door;
    struct peer *peers[CONTROL_PEERS];
    uint64_t last;
} own;

json_t *control_ok(void) {
    return json_pack("{s:b}", "ok", 1);
}

json_t *control_error(const char *why) {
    return json_pack("{s:s}", "error", why);
}

static struct peer *peer_of(uint64_t id) {
    for (size_t i = 0; i < CONTROL_PEERS; i++)
        if (own.peers[i] && own.peers[i]->id == id)
            return own.peers[i];
    return NULL;
}

bool control_has(uint64_t peer) {
    return peer && peer_of(peer);
}

static void closed(uv_handle_t *handle) {
    struct peer *peer = handle->data;
    wiped_free(&peer->line);
    OPENSSL_cleanse(peer->piece, sizeof peer->piece);
    free(peer);
}

static void cut(struct peer *peer) {
    if (!peer->id)
        return;
    for (size_t i = 0; i < CONTROL_PEERS; i++)
        if (own.peers[i] == peer)
            own.peers[i] = NULL;
    peer->id = 0;
    uv_close((uv_handle_t *)&peer->pipe, closed);
}

static void wrote(uv_write_t *write, int status) {
    struct reply *reply = write->data;
    if (status < 0 && status != UV_ECANCELED)
        cut(reply->peer);
    OPENSSL_cleanse(reply->text, reply->length);
    free(reply->text);
    free(reply);
}

bool control_say(uint64_t id, json_t *said) {
    struct peer *peer = id ? peer_of(id) : NULL;
    if (!peer) {
        json_decref(said);
        return false;
    }
    struct reply *reply = must_alloc(sizeof *reply);
    *reply = (struct reply){.peer = peer};
    char *text = json_dumps(said, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(said);
    if (!text)
        die("a control line cannot be written");
    reply->length = strlen(text) + 1;
    text[reply->length - 1] = '\n'; /* in the place of its end */
    reply->text = text;
    reply->write.data = reply;
    uv_buf_t piece = uv_buf_init(text, (unsigned)reply->length);
    uv_write(&reply->write, (uv_stream_t *)&peer->pipe, &piece, 1, wrote);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&peer->pipe) <= CONTROL_MOST_UNREAD)
        return true;
    cut(peer);
    return false;
}

static json_t *answer(uint64_t peer, const char *line, size_t length) {
    json_t *asked = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL), *said = NULL;
    const char *verb = json_string_value(json_object_get(asked, "ask"));
    const struct control_verb *row = control_verbs;
    while (row->name && !(verb && strcmp(row->name, verb) == 0))
        row++;
    if (row->name)
        said = row->answer(own.proxy, peer, asked);
    else
        said =
            control_error(verb ? "no such thing may be asked" : "this is no JSON object with ask");
    json_decref(asked);
    return said;
}

/* All lines that are whole. A peer may be cut by what it asks for. */
static void take_lines(uint64_t id) {
    struct peer *peer;
    while ((peer = peer_of(id))) {
        char *end = memchr(peer->line.data, '\n', peer->line.len);
        if (!end) {
            if (peer->line.len > CONTROL_LONGEST_LINE)
                cut(peer);
            return;
        }
        size_t length = (size_t)(end - peer->line.data), rest = peer->line.len - length - 1;
        if (length > CONTROL_LONGEST_LINE) {
            cut(peer);
            return;
        }
        json_t *said = answer(id, peer->line.data, length);
        if (said)
            control_say(id, said);
        if (!(peer = peer_of(id)))
            return;
        memmove(peer->line.data, peer->line.data + length + 1, rest);
        OPENSSL_cleanse(peer->line.data + rest, length + 1);
        peer->line.len = rest;
    }
}

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    struct peer *peer = handle->data;
    (void)suggested;
    *buf = uv_buf_init(peer->piece, sizeof peer->piece);
}

static void came(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf) {
    struct peer *peer = stream->data;
    if (length < 0) {
        cut(peer);
        return;
    }
    wiped_add(&peer->line, buf->base, (size_t)length);
    OPENSSL_cleanse(buf->base, (size_t)length);
    take_lines(peer->id);
}

/* The socket's mode says the same. */
static bool is_trusted(const uv_pipe_t *pipe) {
    uv_os_fd_t file;
    uid_t user;
    if (uv_fileno((const uv_handle_t *)pipe, &file) < 0)
        return false;
#ifdef __linux__
    struct ucred other = {0};
    socklen_t length = sizeof other;
    if (getsockopt(file, SOL_SOCKET, SO_PEERCRED, &other, &length) < 0)
        return false;
    user = other.uid;
#else
    gid_t group;
    if (getpeereid(file, &user, &group) < 0)
        return false;
#endif
    return user == 0 || user == geteuid();
}

static void on_peer(uv_stream_t *door, int status) {
    size_t free_place = 0;
    if (status < 0)
        return;
    while (free_place < CONTROL_PEERS && own.peers[free_place])
        free_place++;
    struct peer *peer = must_alloc(sizeof *peer);
    *peer = (struct peer){.id = ++own.last};
    uv_pipe_init(own.proxy->loop, &peer->pipe, 0);
    peer->pipe.data = peer;
    if (uv_accept(door, (uv_stream_t *)&peer->pipe) < 0 || free_place == CONTROL_PEERS ||
        !is_trusted(&peer->pipe)) {
        cut(peer);
        return;
    }
    own.peers[free_place] = peer;
    uv_read_start((uv_stream_t *)&peer->pipe, room, came);
}

/* umask(2) is 077, so it is never anybody else's. uv_pipe_bind() cuts a path that is too long. */
void control_open(struct proxy *proxy, const char *path) {
    own.proxy = proxy;
    uv_pipe_init(proxy->loop, &own.door, 0);
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        journal_fatal("the path of the control socket is too long: %s", path);
    unlink(path);
    int error = uv_pipe_bind(&own.door, path);
    if (!error)
        error = uv_listen((uv_stream_t *)&own.door, CONTROL_PEERS, on_peer);
    if (error || chmod(path, 0600) < 0)
        journal_fatal("the control socket cannot be opened at %s: %s", path,
                      error ? uv_strerror(error) : "its mode cannot be set");
}
