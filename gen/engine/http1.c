#include "engine/http1.h"
#include "base/buf_raw.h"
#include "engine/fields_check.h"
#include "engine/http1_private.h"

#include <ctype.h>
#include <string.h>

enum { MOST_FIELDS = 2000 };

static bool is_token(struct bytes b) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < b.n; i++)
        if (!isalnum((unsigned char)b.s[i]) && (!b.s[i] || !strchr(others, b.s[i])))
            return false;
    return b.n > 0;
}

bool http1_line(struct bytes text, size_t *at, bool lenient, struct bytes *line) {
    const char *start = text.s + *at, *end = memchr(start, '\n', text.n - *at);
    if (!end)
        return false;
    size_t n = (size_t)(end - start);
    *at += n + 1;
    bool full = n > 0 && start[n - 1] == '\r';
    *line = (struct bytes){start, full ? n - 1 : n};
    return full || lenient;
}

static size_t find_end(const char *data, size_t length, size_t from, bool lenient) {
    for (const char *p = data + from; (p = memchr(p, '\n', length - (size_t)(p - data))); p++) {
        size_t at = (size_t)(p - data);
        if (at + 2 < length && p[1] == '\r' && p[2] == '\n')
            return at + 3;
        if (lenient && at + 1 < length && p[1] == '\n')
            return at + 2;
    }
    return 0;
}

const char *http1_fields(struct arena *arena, struct bytes text, size_t at, bool answer,
                         struct fields *fields) {
    struct bytes line;
    while (at < text.n) {
        if (!http1_line(text, &at, answer, &line))
            return "a line of its head does not end in CR LF";
        if (!line.n)
            break;
        if (line.s[0] == ' ' || line.s[0] == '\t') {
            if (!answer || !fields->n)
                return "a line of its head is folded";
            struct bytes *value = &fields->v[fields->n - 1].value;
            line = bytes_trim(line);
            char *joined = arena_alloc(arena, value->n + line.n + 2);
            memcpy(joined, value->s, value->n);
            joined[value->n] = ' ';
            memcpy(joined + value->n + 1, line.s, line.n);
            *value = bytes_trim((struct bytes){joined, value->n + 1 + line.n});
            continue;
        }
        const char *colon = memchr(line.s, ':', line.n);
        if (!colon)
            return "a line of its head has no colon";
        struct bytes name = {line.s, (size_t)(colon - line.s)};
        if (answer)
            name = bytes_trim(name);
        if (!is_token(name))
            return "the name of a field is not valid";
        if (fields->n == MOST_FIELDS)
            return "its head has too many fields";
        struct bytes value = {colon + 1, (size_t)(line.s + line.n - colon) - 1};
        fields_add(arena, fields, name, bytes_trim(value));
    }
    return NULL;
}

static const char *read_request_line(struct bytes line, struct http1_head *head) {
    const char *wrong = "its first line is not that of a request";
    const char *one = memchr(line.s, ' ', line.n);
    if (!one)
        return wrong;
    const char *rest = one + 1, *end = line.s + line.n,
               *two = memchr(rest, ' ', (size_t)(end - rest));
    if (!two)
        return wrong;
    head->first[0] = (struct bytes){line.s, (size_t)(one - line.s)};
    head->first[1] = (struct bytes){rest, (size_t)(two - rest)};
    head->first[2] = (struct bytes){two + 1, (size_t)(end - two - 1)};
    if (!is_token(head->first[0]) || !head->first[1].n)
        return wrong;
    return NULL;
}

static const char *read_status_line(struct bytes line, struct http1_head *head) {
    if (line.n < 12 || (memcmp(line.s, "HTTP/1.1 ", 9) != 0 && memcmp(line.s, "HTTP/1.0 ", 9) != 0))
        return "its first line is not that of an answer";
    head->first[0] = (struct bytes){line.s, 8};
    head->first[1] = (struct bytes){line.s + 9, 3};
    head->first[2] = (struct bytes){line.s + line.n, 0};
    if (line.n > 12 && line.s[12] != ' ')
        return "its status is not valid";
    if (line.n > 13)
        head->first[2] = (struct bytes){line.s + 13, line.n - 13};
    return http1_status(head) ? NULL : "its status is not valid";
}

int http1_status(const struct http1_head *head) {
    const char *s = head->first[1].s;
    if (head->first[1].n != 3 || s[0] < '1' || s[0] > '9' || !isdigit((unsigned char)s[1]) ||
        !isdigit((unsigned char)s[2]))
        return 0;
    return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

void http1_blank_controls(char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bool ends = text[i] == '\r' && i + 1 < length && text[i + 1] == '\n';
        if (text[i] == '\0' || (text[i] == '\r' && !ends))
            text[i] = ' ';
    }
}

enum http1_state http1_read_head(struct arena *arena, const char *data, size_t length, bool answer,
                                 size_t *seen, struct http1_head *head, const char **why) {
    size_t skipped = 0, at = 0;
    *head = (struct http1_head){0};
    if (!answer && length >= 2 && data[0] == '\r' && data[1] == '\n') /* section 2.2 */
        skipped = 2;
    if (!answer && length == 1 && data[0] == '\r')
        return HTTP1_MORE;
    if (!answer && skipped < length && !is_token((struct bytes){data + skipped, 1})) {
        *why = "it does not begin like a request"; /* TLS, for one: its end would never come */
        return HTTP1_WRONG;
    }
    size_t from = *seen > skipped + 3 ? *seen - 3 : skipped;
    size_t end = find_end(data, length, from, answer);
    *seen = length;
    if ((end ? end : length) > HTTP1_LONGEST_HEAD) {
        *why = "";
        return HTTP1_WRONG;
    }
    if (!end)
        return HTTP1_MORE;
    char *copy = arena_copy_n(arena, data + skipped, end - skipped);
    struct bytes text = {copy, end - skipped}, line;
    if (answer)
        http1_blank_controls(copy, text.n);
    head->length = end;
    if (!http1_line(text, &at, answer, &line))
        *why = "its first line does not end in CR LF";
    else
        *why = answer ? read_status_line(line, head) : read_request_line(line, head);
    if (!*why)
        *why = http1_fields(arena, text, at, answer, &head->fields);
    return *why ? HTTP1_WRONG : HTTP1_DONE;
}

static bool plain_number(struct bytes b, unsigned long long *number) {
    *number = 0;
    if (b.n == 0 || b.n > 18)
        return false;
    for (size_t i = 0; i < b.n; i++) {
        if (!isdigit((unsigned char)b.s[i]))
            return false;
        *number = *number * 10 + (unsigned)(b.s[i] - '0');
    }
    return true;
}

enum http1_framing http1_answer_framing(const struct http1_head *head, bool to_head, int status,
                                        unsigned long long *length) {
    size_t at = 0;
    const struct field *coding = fields_next(&head->fields, "transfer-encoding", &at), *field;
    bool several = coding && fields_next(&head->fields, "transfer-encoding", &at);
    bool known = false;
    at = 0;
    while ((field = fields_next(&head->fields, "content-length", &at))) {
        unsigned long long number;
        if (!plain_number(field->value, &number) || (known && number != *length))
            return FRAMING_WRONG;
        *length = number;
        known = true;
    }
    if (to_head || status < 200 || status == 204 || status == 304)
        return FRAMING_NONE;
    if (coding) {
        bool plain = !several && !known && bytes_are(coding->value, "chunked") &&
                     memcmp(head->first[0].s, "HTTP/1.1", 8) == 0;
        return plain ? FRAMING_CHUNKED : FRAMING_WRONG;
    }
    return known ? FRAMING_LENGTH : FRAMING_CLOSE;
}

/* Writing. */

static void write_field(struct buf *out, struct bytes name, struct bytes value) {
    buf_add(out, name.s, name.n);
    buf_str(out, ": ");
    buf_add(out, value.s, value.n);
    buf_str(out, "\r\n");
}

void http1_write_fields(struct buf *out, const struct fields *fields) {
    for (size_t i = 0; i < fields->n; i++)
        write_field(out, fields->v[i].name, fields->v[i].value);
}

void http1_drop_hop(struct arena *arena, struct fields *fields) {
    static const char *const hop[] = {
        "connection", "keep-alive",        "proxy-connection", "proxy-authenticate",
        "te",         "transfer-encoding", "upgrade",          "alt-svc"};
    fields_drop_listed(arena, fields);
    for (size_t i = 0; i < sizeof hop / sizeof *hop; i++)
        fields_drop(fields, hop[i]);
}
