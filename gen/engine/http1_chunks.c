/* The body in chunks (RFC 9112, section 7.1). */
#include "base/buf_raw.h"
#include "engine/http1_private.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_LINE = 16384 };

void http1_chunks_free(struct http1_chunks *chunks) {
    buf_free(&chunks->line);
}

/* A whole line, in chunks->line: its bytes without the end in *line. */
static enum http1_state gather(struct http1_chunks *chunks, const char *data, size_t length,
                               size_t *taken, size_t most, struct bytes *line) {
    const char *end = memchr(data, '\n', length);
    size_t n = end ? (size_t)(end - data) + 1 : length;
    buf_add(&chunks->line, data, n);
    *taken += n;
    if (chunks->line.len > most)
        return HTTP1_WRONG;
    if (!end)
        return HTTP1_MORE;
    size_t at = 0;
    struct bytes all = {chunks->line.data, chunks->line.len};
    return http1_line(all, &at, chunks->lenient, line) ? HTTP1_DONE : HTTP1_WRONG;
}

/* 1*HEXDIG [ chunk-ext ] */
static bool read_size(struct bytes line, unsigned long long *size) {
    size_t i = 0;
    *size = 0;
    for (; i < line.n && isxdigit((unsigned char)line.s[i]); i++) {
        if (i == 15)
            return false;
        int c = tolower((unsigned char)line.s[i]);
        *size = *size << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (i == 0)
        return false;
    while (i < line.n && (line.s[i] == ' ' || line.s[i] == '\t'))
        i++;
    for (size_t k = i; k < line.n; k++)
        if (line.s[k] == '\r' || line.s[k] == '\0')
            return false;
    return i == line.n || line.s[i] == ';';
}

static enum http1_state read_trailers(struct http1_chunks *chunks, const char *data, size_t length,
                                      size_t *taken, struct arena *arena, struct fields *trailers) {
    size_t before = chunks->line.len;
    const char *end = memchr(data, '\n', length);
    size_t n = end ? (size_t)(end - data) + 1 : length;
    buf_add(&chunks->line, data, n);
    *taken += n;
    if (chunks->line.len > LONGEST_LINE)
        return HTTP1_WRONG;
    if (!end)
        return HTTP1_MORE;
    /* Where the line that has just ended begins: */
    const char *all = chunks->line.data;
    size_t start = before;
    while (start && all[start - 1] != '\n')
        start--;
    size_t line = chunks->line.len - start;
    bool empty = (line == 2 && all[start] == '\r') || (line == 1 && chunks->lenient);
    if (!empty)
        return HTTP1_MORE;
    if (arena) {
        char *copy = arena_copy_n(arena, all, chunks->line.len);
        http1_blank_controls(copy, chunks->line.len);
        if (http1_fields(arena, (struct bytes){copy, start}, 0, chunks->lenient, trailers))
            return HTTP1_WRONG;
    }
    chunks->line.len = 0;
    return HTTP1_DONE;
}

enum http1_state http1_read_chunks(struct http1_chunks *chunks, const char *data, size_t length,
                                   size_t *taken, struct bytes *piece, struct arena *arena,
                                   struct fields *trailers) {
    *taken = 0;
    *piece = (struct bytes){data, 0};
    while (*taken < length) {
        const char *rest = data + *taken;
        size_t left = length - *taken;
        struct bytes line;
        enum http1_state state;
        switch (chunks->state) {
        case CHUNK_DATA:
            piece->s = rest;
            piece->n = left < chunks->left ? left : (size_t)chunks->left;
            *taken += piece->n;
            chunks->left -= piece->n;
            if (!chunks->left)
                chunks->state = CHUNK_END;
            return HTTP1_MORE;
        case CHUNK_TRAILERS:
            state = read_trailers(chunks, rest, left, taken, arena, trailers);
            if (state != HTTP1_MORE)
                return state;
            break;
        case CHUNK_SIZE:
        case CHUNK_END:
            state = gather(chunks, rest, left, taken, LONGEST_LINE, &line);
            if (state == HTTP1_MORE)
                return state;
            if (state == HTTP1_WRONG)
                return state;
            if (chunks->state == CHUNK_END) {
                if (line.n)
                    return HTTP1_WRONG;
                chunks->state = CHUNK_SIZE;
            } else if (!read_size(line, &chunks->left)) {
                return HTTP1_WRONG;
            } else {
                chunks->state = chunks->left ? CHUNK_DATA : CHUNK_TRAILERS;
            }
            chunks->line.len = 0;
            break;
        }
    }
    return HTTP1_MORE;
}
