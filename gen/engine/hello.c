#include "engine/hello.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* LONGEST_LINE: of a request line that is waited for; http1.h's own bound is larger than that of a
 * method alone. LONGEST_HELLO: with the keys of the largest post-quantum groups it has 4 KiB. */
enum { LONGEST_LINE = 65536, LONGEST_HELLO = 65536, LONGEST_RECORD = 16384, LONGEST_NAME = 255 };
enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1, EXTENSION_SERVER_NAME = 0, HOST_NAME = 0 };

/* -- what begins -- */

static bool is_token(unsigned char c) { /* RFC 9110, section 5.6.2 */
    return isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool ends_like_a_request(const char *line, size_t length) {
    static const char version[] = " HTTP/";
    size_t n = sizeof version - 1;
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(line + i, version, n) == 0)
            return true;
    return false;
}

enum begin begin_of(const char *data, size_t length) {
    if (length && (unsigned char)data[0] == RECORD_HANDSHAKE)
        return BEGIN_TLS;
    size_t start = 0, i;
    while (start < length && (data[start] == '\r' || data[start] == '\n'))
        start++; /* RFC 9112, section 2.2 */
    for (i = start; i < length && is_token((unsigned char)data[i]); i++)
        continue;
    if (i < length && (i == start || data[i] != ' '))
        return BEGIN_OTHER;
    const char *end = i < length ? memchr(data + i, '\n', length - i) : NULL;
    if (!end)
        return length < LONGEST_LINE ? BEGIN_MORE : BEGIN_HTTP;
    return ends_like_a_request(data + i, (size_t)(end - data) - i) ? BEGIN_HTTP : BEGIN_OTHER;
}

/* -- a ClientHello -- */

/* What is read, from the front; wrong once more was asked for than there is. */
struct reader {
    const unsigned char *at;
    size_t left;
    bool wrong;
};

static struct reader take(struct reader *from, size_t n) {
    struct reader taken = {from->at, n, false};
    if (from->wrong || n > from->left) {
        from->wrong = taken.wrong = true;
        taken.left = 0;
        return taken;
    }
    from->at += n;
    from->left -= n;
    return taken;
}

static uint32_t number(struct reader *from, size_t bytes) {
    struct reader taken = take(from, bytes);
    uint32_t value = 0;
    for (size_t i = 0; i < taken.left; i++)
        value = value << 8 | taken.at[i];
    return value;
}

/* What has its length in front, in so many bytes. */
static struct reader vector(struct reader *from, size_t bytes) {
    return take(from, number(from, bytes));
}

/* One name, of one kind, and nothing else: what servers make of more, nobody says. */
static bool read_names(struct arena *arena, struct reader extension, const char **name) {
    struct reader list = vector(&extension, 2);
    bool host = number(&list, 1) == HOST_NAME;
    struct reader text = vector(&list, 2);
    if (list.wrong || extension.left || list.left || !host || !text.left ||
        text.left > LONGEST_NAME || memchr(text.at, 0, text.left))
        return false;
    *name = arena_copy_n(arena, (const char *)text.at, text.left);
    return true;
}

static bool read_extensions(struct arena *arena, struct reader all, const char **name) {
    while (all.left && !all.wrong) {
        uint32_t kind = number(&all, 2);
        struct reader one = vector(&all, 2);
        if (kind == EXTENSION_SERVER_NAME && (all.wrong || *name || !read_names(arena, one, name)))
            return false;
    }
    return !all.wrong;
}

static bool read_message(struct arena *arena, struct reader hello, const char **name) {
    take(&hello, 2 + 32); /* legacy_version, random */
    struct reader session = vector(&hello, 1), suites = vector(&hello, 2);
    struct reader compressions = vector(&hello, 1);
    if (hello.wrong || session.left > 32 || suites.left < 2 || !compressions.left)
        return false;
    if (!hello.left)
        return true;
    struct reader extensions = vector(&hello, 2);
    return !hello.wrong && !hello.left && read_extensions(arena, extensions, name);
}

/* Adds what the next record has of the message; a part of a record counts, so that what is wrong
 * is seen early. */
static enum hello add_record(struct reader *in, char *message, size_t *have) {
    struct reader record = *in;
    const unsigned char *head = in->at;
    if (in->left > 0 && head[0] != RECORD_HANDSHAKE)
        return HELLO_WRONG;
    if (in->left > 1 && head[1] != 3)
        return HELLO_WRONG;
    take(&record, 3);
    size_t length = number(&record, 2);
    if (record.wrong)
        return HELLO_MORE;
    if (!length || length > LONGEST_RECORD || *have + length > LONGEST_HELLO)
        return HELLO_WRONG;
    struct reader piece = take(&record, length);
    if (record.wrong)
        return HELLO_MORE;
    memcpy(message + *have, piece.at, piece.left);
    *have += piece.left;
    *in = record;
    return HELLO_DONE;
}

enum hello hello_read(struct arena *arena, const char *data, size_t length, const char **name) {
    struct reader in = {(const unsigned char *)data, length, false};
    char message[LONGEST_HELLO];
    size_t have = 0;
    *name = NULL;
    for (;;) {
        enum hello state = add_record(&in, message, &have);
        if (state == HELLO_WRONG || (have && message[0] != CLIENT_HELLO))
            return HELLO_WRONG;
        struct reader read = {(const unsigned char *)message, have, false};
        take(&read, 1);
        size_t whole = number(&read, 3);
        if (!read.wrong && whole > LONGEST_HELLO - 4)
            return HELLO_WRONG;
        if (!read.wrong && have >= 4 + whole) /* what follows it is the client's next word */
            return have == 4 + whole && read_message(arena, take(&read, whole), name) ? HELLO_DONE
                                                                                      : HELLO_WRONG;
        if (state == HELLO_MORE)
            return HELLO_MORE;
    }
}
