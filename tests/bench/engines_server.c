/* The server of tests/bench/engines: HTTP/1.1 in TLS, a thread for each connection.
 *
 *     engines-server ADDRESS CERTIFICATE KEY FOLDER     prints its port
 *
 * GET /small: 100 bytes. GET /bytes/N: so many. GET /events/N: so many events, each with the time
 * that it was sent. GET /files/NAME: a file of FOLDER. POST: what comes is counted. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 65536, EVENT_MILLISECONDS = 20 };

static SSL_CTX *context;
static const char *folder;
static char block[PIECE];

struct peer {
    SSL *ssl;
    char text[PIECE];
    size_t length;
};

static bool send_all(struct peer *peer, const void *data, size_t length) {
    return length == 0 || SSL_write(peer->ssl, data, (int)length) > 0;
}

static bool send_head(struct peer *peer, long long length) {
    char head[200];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                     "Content-Length: %lld\r\n\r\n",
                     length);
    return send_all(peer, head, (size_t)n);
}

static bool send_bytes(struct peer *peer, long long left) {
    bool works = send_head(peer, left);
    for (; works && left > 0; left -= PIECE)
        works = send_all(peer, block, left < PIECE ? (size_t)left : PIECE);
    return works;
}

static bool send_small(struct peer *peer) {
    char answer[300];
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                     "Content-Length: 100\r\n\r\n%.100s",
                     block);
    return send_all(peer, answer, (size_t)n);
}

static bool send_events(struct peer *peer, int count) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    static const struct timespec pause = {.tv_nsec = EVENT_MILLISECONDS * 1000000L};
    bool works = send_all(peer, head, sizeof head - 1);
    while (works && count-- > 0) {
        struct timespec now;
        char event[100];
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* 0x1c: the length of what follows */
        int n = snprintf(event, sizeof event, "1c\r\ndata: %010lld.%09ld\n\n\r\n",
                         (long long)now.tv_sec, now.tv_nsec);
        works = send_all(peer, event, (size_t)n);
    }
    return works && send_all(peer, "0\r\n\r\n", 5);
}

static bool send_file(struct peer *peer, const char *name) {
    char path[4096], *data = NULL;
    size_t length = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = strstr(name, "..") ? NULL : fopen(path, "rb");
    if (file) {
        data = malloc(PIECE);
        length = data ? fread(data, 1, PIECE, file) : 0;
        fclose(file);
    }
    bool works = send_head(peer, (long long)length) && send_all(peer, data, length);
    free(data);
    return works;
}

/* The head's length; 0: it is gone. */
static size_t read_head(struct peer *peer) {
    for (;;) {
        peer->text[peer->length] = '\0';
        char *end = strstr(peer->text, "\r\n\r\n");
        if (end)
            return (size_t)(end - peer->text) + 4;
        int n = SSL_read(peer->ssl, peer->text + peer->length,
                         (int)(sizeof peer->text - 1 - peer->length));
        if (n <= 0)
            return 0;
        peer->length += (size_t)n;
    }
}

static bool forget_body(struct peer *peer, size_t head) {
    const char *field = strcasestr(peer->text, "\r\ncontent-length:");
    long long left = field && field < peer->text + head ? atoll(field + 17) : 0;
    long long here = (long long)(peer->length - head);
    peer->length = head + (here > left ? (size_t)(here - left) : 0);
    char piece[PIECE];
    for (left -= here; left > 0;) {
        int n = SSL_read(peer->ssl, piece, sizeof piece);
        if (n <= 0)
            return false;
        left -= n;
    }
    return true;
}

static bool answer(struct peer *peer) {
    size_t head = read_head(peer);
    char target[1000] = "";
    if (!head || sscanf(peer->text, "%*s %999s", target) != 1 || !forget_body(peer, head))
        return false;
    memmove(peer->text, peer->text + head, peer->length - head);
    peer->length -= head;
    if (strncmp(target, "/bytes/", 7) == 0)
        return send_bytes(peer, atoll(target + 7));
    if (strncmp(target, "/events/", 8) == 0)
        return send_events(peer, atoi(target + 8));
    if (strncmp(target, "/files/", 7) == 0)
        return send_file(peer, target + 7);
    return send_small(peer);
}

static void *talk(void *argument) {
    int one = 1, socket = *(int *)argument;
    struct peer *peer = calloc(1, sizeof *peer);
    free(argument);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (peer && (peer->ssl = SSL_new(context)) && SSL_set_fd(peer->ssl, socket) == 1 &&
        SSL_accept(peer->ssl) == 1)
        while (answer(peer))
            continue;
    if (peer)
        SSL_free(peer->ssl);
    free(peer);
    close(socket);
    return NULL;
}

static void fill_block(void) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n";
    unsigned state = 1;
    for (size_t i = 0; i < sizeof block; i++) {
        state = state * 1664525u + 1013904223u;
        block[i] = letters[state >> 26];
    }
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGPIPE, SIG_IGN);
    fill_block();
    folder = argv[4];
    context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1 ||
        inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 512) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        pthread_t thread;
        int *one = malloc(sizeof *one);
        if (!one || (*one = accept(listener, NULL, NULL)) < 0 ||
            pthread_create(&thread, NULL, talk, one) != 0)
            return 1;
        pthread_detach(thread);
    }
}
