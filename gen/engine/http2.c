#include "engine/http2.h"
#include "base/die.h"
#include "engine/http1.h"
#include "engine/wiped.h"

#include <ctype.h>
#include <string.h>

enum {
    /* Of a head that is written: one that was read, of HTTP/1, with what HPACK may add to it. */
    LONGEST_BLOCK = 512 * 1024,
    WORTH_MOVING = 128 * 1024
};

static nghttp2_session_callbacks *callbacks_new(const struct http2_callbacks *callbacks) {
    nghttp2_session_callbacks *made;
    if (nghttp2_session_callbacks_new(&made) != 0)
        die("no memory for HTTP/2");
    if (callbacks->begin)
        nghttp2_session_callbacks_set_on_begin_headers_callback(made, callbacks->begin);
    nghttp2_session_callbacks_set_on_header_callback(made, callbacks->field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, callbacks->frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, callbacks->data);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, callbacks->closed);
    return made;
}

static void submit_settings(nghttp2_session *session, bool to_client) {
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP1_LONGEST_HEAD},
        to_client ? (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS}
                  : (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}, /* a server's to say: RFC 8441, section 3 */
    };
    size_t n = sizeof settings / sizeof *settings;
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, to_client ? n : n - 1);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 * HTTP2_WINDOW);
}

nghttp2_session *http2_session(bool to_client, const struct http2_callbacks *callbacks,
                               void *context) {
    nghttp2_session_callbacks *made = callbacks_new(callbacks);
    nghttp2_option *option;
    nghttp2_session *session;
    if (nghttp2_option_new(&option) != 0)
        die("no memory for HTTP/2");
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, LONGEST_BLOCK);
    int error = to_client
                    ? nghttp2_session_server_new2(&session, made, context, option)
                    : nghttp2_session_client_new3(&session, made, context, option, wiped_memory());
    if (error)
        die("no memory for HTTP/2");
    nghttp2_session_callbacks_del(made);
    nghttp2_option_del(option);
    submit_settings(session, to_client);
    return session;
}

void http2_take(struct buf *out, size_t *sent, void *to, size_t n) {
    if (!n)
        return;
    memcpy(to, out->data + *sent, n);
    *sent += n;
    if (*sent == out->len) {
        buf_free(out);
        *sent = 0;
    } else if (*sent > WORTH_MOVING) {
        memmove(out->data, out->data + *sent, out->len - *sent);
        out->len -= *sent;
        *sent = 0;
    }
}

static bool is_connections(struct bytes name) {
    static const char *const names[] = {"connection",        "keep-alive", "proxy-connection",
                                        "transfer-encoding", "upgrade",    "host"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_are(name, names[i]))
            return true;
    return false;
}

static void add(struct http2_fields *made, struct bytes name, struct bytes value, bool secret) {
    made->v[made->n++] =
        (nghttp2_nv){.name = (uint8_t *)name.s,
                     .namelen = name.n,
                     .value = (uint8_t *)value.s,
                     .valuelen = value.n,
                     .flags = secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
}

static struct bytes lower(struct arena *arena, struct bytes name) {
    char *made = arena_copy_n(arena, name.s, name.n);
    for (size_t i = 0; i < name.n; i++)
        made[i] = (char)tolower((unsigned char)made[i]);
    return (struct bytes){made, name.n};
}

static void add_all(struct arena *arena, struct http2_fields *made, const struct fields *fields,
                    bool secret) {
    for (size_t i = 0; i < fields->n; i++)
        if (!is_connections(fields->v[i].name))
            add(made, lower(arena, fields->v[i].name), fields->v[i].value, secret);
}

static struct http2_fields room(struct arena *arena, size_t n) {
    return (struct http2_fields){arena_alloc(arena, n * sizeof(nghttp2_nv)), 0};
}

struct http2_fields http2_plain_fields(struct arena *arena, const struct fields *fields) {
    struct http2_fields made = room(arena, fields->n);
    add_all(arena, &made, fields, false);
    return made;
}

static struct bytes number(struct arena *arena, unsigned long long n) {
    const char *text = arena_printf(arena, "%llu", n);
    return (struct bytes){text, strlen(text)};
}

struct http2_fields http2_answer_fields(struct arena *arena, int status,
                                        const struct fields *fields, bool has_length,
                                        unsigned long long length) {
    struct http2_fields made = room(arena, fields->n + 2);
    add(&made, BYTES(":status"), number(arena, (unsigned long long)status), false);
    add_all(arena, &made, fields, false);
    if (has_length && status >= 200 && status != 204)
        add(&made, BYTES("content-length"), number(arena, length), false);
    return made;
}

struct http2_fields http2_request_fields(struct arena *arena, const struct admitted *admitted) {
    struct http2_fields made = room(arena, admitted->fields.n + 7);
    struct bytes authority = {admitted->authority, strlen(admitted->authority)};
    add(&made, BYTES(":method"), admitted->method, false);
    add(&made, BYTES(":scheme"), BYTES("https"), false);
    add(&made, BYTES(":authority"), authority, false);
    add(&made, BYTES(":path"), admitted->target, admitted->secret_count > 0);
    add_all(arena, &made, &admitted->fields, admitted->secret_count > 0);
    if (admitted->has_body && admitted->has_length)
        add(&made, BYTES("content-length"), number(arena, admitted->length), false);
    if (admitted->te_trailers)
        add(&made, BYTES("te"), BYTES("trailers"), false);
    if (admitted->expects && admitted->has_body)
        add(&made, BYTES("expect"), BYTES("100-continue"), false);
    return made;
}

void http2_take_field(struct arena *arena, struct request *request, struct bytes name,
                      struct bytes value) {
    struct bytes copy = bytes_copy(arena, value);
    if (bytes_equal(name, BYTES(":method")))
        request->method = copy;
    else if (bytes_equal(name, BYTES(":path")))
        request->target = copy;
    else if (bytes_equal(name, BYTES(":scheme")))
        request->scheme = copy;
    else if (bytes_equal(name, BYTES(":protocol")))
        request->protocol = copy;
    else if (bytes_equal(name, BYTES(":authority")))
        request->authority = copy;
    else
        fields_add(arena, &request->fields, bytes_copy(arena, name), copy);
}

void http2_join_cookies(struct arena *arena, struct fields *fields) {
    size_t count = 0, length = 0, at = 0;
    const struct field *field;
    while ((field = fields_next(fields, "cookie", &at))) {
        count++;
        length += field->value.n + 2;
    }
    if (count < 2)
        return;
    char *joined = arena_alloc(arena, length + 1), *to = joined;
    for (at = 0; (field = fields_next(fields, "cookie", &at));) {
        if (to != joined) {
            memcpy(to, "; ", 2);
            to += 2;
        }
        memcpy(to, field->value.s, field->value.n);
        to += field->value.n;
    }
    fields_drop(fields, "cookie");
    fields_add(arena, fields, BYTES("cookie"), (struct bytes){joined, (size_t)(to - joined)});
}
