/* The client of tests/bench/engines: prints the seconds that a load takes.
 *
 *     engines-client ADDRESS PORT HOST HOST-PORT AUTHORITY LOAD...
 *
 * ADDRESS and PORT are those of a proxy, or of the server itself: then HOST-PORT is 0.
 *
 *     get N CONNECTIONS PATH   so many GETs, shared among so many kept connections
 *     fresh N PATH             each on a connection of its own
 *     put BYTES                one upload
 *     events STREAMS N         prints the 95th percentile of the delays, in ms, in place of seconds
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 65536, MOST = 1000 };

static struct {
    struct sockaddr_in address;
    const char *host, *port;
    bool direct;
    SSL_CTX *context;
    const char *path;
    int count; /* of each connection */
} to;

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "engines-client: %s\n", what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* CONNECT; the answer has no body. */
static void open_tunnel(int socket) {
    char text[1000];
    int n = snprintf(text, sizeof text, "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", to.host,
                     to.port, to.host, to.port);
    if (write(socket, text, (size_t)n) != n)
        fail("CONNECT");
    size_t length = 0;
    do {
        ssize_t got = read(socket, text + length, sizeof text - 1 - length);
        if (got <= 0)
            fail("no answer to CONNECT");
        length += (size_t)got;
        text[length] = '\0';
    } while (!strstr(text, "\r\n\r\n"));
    if (!strstr(text, " 200 "))
        fail(text);
}

static SSL *open_connection(void) {
    int one = 1, file = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(file, (struct sockaddr *)&to.address, sizeof to.address) < 0)
        fail("connect");
    if (!to.direct)
        open_tunnel(file);
    SSL *ssl = SSL_new(to.context);
    if (!ssl || SSL_set1_host(ssl, to.host) != 1 || SSL_set_tlsext_host_name(ssl, to.host) != 1 ||
        SSL_set_fd(ssl, file) != 1 || SSL_connect(ssl) != 1)
        fail("TLS");
    return ssl;
}

static void close_connection(SSL *ssl) {
    int file = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(file);
}

static int receive(SSL *ssl, char *to_text, size_t room) {
    int n = SSL_read(ssl, to_text, (int)room);
    if (n <= 0)
        fail("the connection was cut");
    return n;
}

static void ask(SSL *ssl, const char *method, const char *path, long long length) {
    char text[1000];
    int n = snprintf(text, sizeof text,
                     "%s %s HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: bench\r\nAccept: */*\r\n",
                     method, path, to.host, to.port);
    if (length)
        n += snprintf(text + n, sizeof text - (size_t)n, "Content-Length: %lld\r\n", length);
    n += snprintf(text + n, sizeof text - (size_t)n, "\r\n");
    if (SSL_write(ssl, text, n) <= 0)
        fail("the request was cut");
}

/* An answer with a Content-Length. */
static void read_answer(SSL *ssl) {
    char text[PIECE + 1], *end;
    size_t length = 0;
    do {
        length += (size_t)receive(ssl, text + length, PIECE - length);
        text[length] = '\0';
    } while (!(end = strstr(text, "\r\n\r\n")));
    const char *field = strcasestr(text, "\r\ncontent-length:");
    if (strncmp(text, "HTTP/1.1 200", 12) != 0 || !field)
        fail(text);
    long long left = atoll(field + 17) - (long long)(length - (size_t)(end + 4 - text));
    while (left > 0)
        left -= receive(ssl, text, PIECE);
}

static void *keep_asking(void *none) {
    SSL *ssl = open_connection();
    for (int i = 0; i < to.count; i++) {
        ask(ssl, "GET", to.path, 0);
        read_answer(ssl);
    }
    close_connection(ssl);
    return none;
}

static void put(long long left) {
    static char piece[PIECE];
    SSL *ssl = open_connection();
    for (ask(ssl, "POST", "/put", left); left > 0; left -= PIECE)
        if (SSL_write(ssl, piece, left < PIECE ? (int)left : PIECE) <= 0)
            fail("the upload was cut");
    read_answer(ssl);
    close_connection(ssl);
}

/* Of one stream: the delays, found by the marks in the text, however it is chunked. */
static void *listen_on(void *argument) {
    double *delays = argument;
    char text[PIECE + 1];
    size_t length = 0;
    SSL *ssl = open_connection();
    ask(ssl, "GET", to.path, 0);
    for (int seen = 0; seen < to.count;) {
        length += (size_t)receive(ssl, text + length, PIECE - length);
        text[length] = '\0';
        double at = now();
        char *rest = text;
        for (char *mark; seen < to.count && (mark = strstr(rest, "data: ")) && strstr(mark, "\n\n");
             rest = mark + 6)
            delays[seen++] = (at - atof(mark + 6)) * 1000;
        length -= (size_t)(rest - text);
        memmove(text, rest, length);
    }
    close_connection(ssl);
    return NULL;
}

static int in_order(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static void in_threads(size_t count, void *(*work)(void *), double *delays) {
    pthread_t threads[MOST];
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work,
                           delays ? delays + i * (size_t)to.count : NULL) != 0)
            fail("no thread");
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* What came while others still opened their connections is left out: a third. */
static void events(size_t streams, int count) {
    char path[100];
    snprintf(path, sizeof path, "/events/%d", count);
    to.path = path;
    to.count = count;
    size_t early = (size_t)count / 3, kept = 0;
    double *delays = calloc(streams * (size_t)count, sizeof *delays);
    if (!delays)
        fail("no memory");
    in_threads(streams, listen_on, delays);
    for (size_t i = 0; i < streams * (size_t)count; i++)
        if (i % (size_t)count >= early)
            delays[kept++] = delays[i];
    qsort(delays, kept, sizeof *delays, in_order);
    printf("%.6f\n", delays[kept * 95 / 100]);
    free(delays);
}

int main(int argc, char **argv) {
    if (argc < 8)
        return 2;
    to.address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    to.direct = strcmp(argv[4], "0") == 0;
    to.host = argv[3];
    to.port = to.direct ? argv[2] : argv[4];
    to.context = SSL_CTX_new(TLS_client_method());
    if (!to.context || inet_pton(AF_INET, argv[1], &to.address.sin_addr) != 1 ||
        SSL_CTX_load_verify_locations(to.context, argv[5], NULL) != 1)
        fail("what to ask");
    SSL_CTX_set_verify(to.context, SSL_VERIFY_PEER, NULL);
    const char *load = argv[6];
    int number = atoi(argv[7]);
    double start = now();
    if (strcmp(load, "get") == 0 && argc == 10) {
        int connections = atoi(argv[8]);
        to.path = argv[9];
        to.count = number / connections;
        in_threads((size_t)connections, keep_asking, NULL);
    } else if (strcmp(load, "fresh") == 0 && argc == 9) {
        to.path = argv[8];
        to.count = 1;
        for (int i = 0; i < number; i++)
            keep_asking(NULL);
    } else if (strcmp(load, "put") == 0) {
        put(number);
    } else if (strcmp(load, "events") == 0 && argc == 9) {
        events((size_t)number, atoi(argv[8]));
        return 0;
    } else {
        return 2;
    }
    printf("%.6f\n", now() - start);
    return 0;
}
