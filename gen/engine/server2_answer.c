/* What a server of HTTP/2 answers. */
#include "engine/pool.h"
#include "engine/server2_private.h"

static struct question *question_at(nghttp2_session *session, int32_t id) {
    struct question *question = nghttp2_session_get_stream_user_data(session, id);
    return question && question->exchange ? question : NULL;
}

static int field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                 size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                 void *context) {
    struct question *question = question_at(session, frame->hd.stream_id);
    struct bytes one = {(const char *)name, name_length},
                 other = {(const char *)value, value_length};
    (void)flags;
    (void)context;
    if (!question)
        return 0;
    question->head_length += name_length + value_length + 32;
    if (question->head_length > HTTP1_LONGEST_HEAD)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    struct arena *arena = question->exchange->arena;
    if (bytes_equal(one, BYTES(":status")) && value_length == 3)
        question->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    else if (name_length && name[0] != ':')
        fields_add(arena, &question->fields, bytes_copy(arena, one), bytes_copy(arena, other));
    return 0;
}

static void head_is_there(struct question *question, bool ends) {
    struct exchange *exchange = question->exchange;
    int status = question->status;
    struct answer answer = {.status = status, .fields = question->fields, .ends = ends};
    question->fields = (struct fields){0};
    question->head_length = 0;
    if (status < 200) {
        exchange_interim(exchange, status, &answer.fields);
        return;
    }
    struct http1_head as_head = {.first[0] = BYTES("HTTP/1.1"), .fields = answer.fields};
    enum http1_framing framing =
        http1_answer_framing(&as_head, exchange->to_head, status, &answer.length);
    answer.bodiless = framing == FRAMING_NONE;
    answer.has_length = framing == FRAMING_LENGTH ||
                        (framing == FRAMING_NONE && fields_have(&answer.fields, "content-length"));
    if (ends && !answer.has_length && !answer.bodiless) {
        answer.has_length = exchange->version != HTTP_2;
        answer.length = 0;
    }
    question->answered = question->http2->used = true;
    exchange_answer_head(exchange, &answer);
}

/* What still comes of a request that was answered before its end is wanted by nobody. */
static void all_came(struct question *question) {
    struct fields trailers = question->fields;
    if (!question->ends)
        nghttp2_submit_rst_stream(question->http2->session, NGHTTP2_FLAG_NONE, question->id,
                                  NGHTTP2_CANCEL);
    exchange_answer_end(server2_detach(question), trailers.n ? &trailers : NULL);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct server2 *http2 = context;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        http2->leaves = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct question *question = question_at(session, frame->hd.stream_id);
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (question && frame->hd.type == NGHTTP2_HEADERS && !question->answered)
        head_is_there(question, ends);
    if (ends && question && question->exchange)
        all_came(question);
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                     size_t length, void *context) {
    struct question *question = question_at(session, id);
    (void)flags;
    (void)context;
    if (question)
        exchange_answer_body(question->exchange, data, length);
    bool full = question && question->exchange && exchange_client_is_full(question->exchange);
    if (full &&
        question->exchange->held) { /* the one that it waits for may be on this connection */
        question->unconsumed_of_stream += length;
        nghttp2_session_consume_connection(session, length);
    } else if (full)
        question->unconsumed += length;
    else
        nghttp2_session_consume(session, id, length);
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error, void *context) {
    struct question *question = nghttp2_session_get_stream_user_data(session, id);
    (void)context;
    if (!question)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    if (question->unconsumed)
        nghttp2_session_consume_connection(session, question->unconsumed);
    struct exchange *exchange = question->exchange ? server2_detach(question) : NULL;
    bool answered = question->answered;
    server2_question_free(question);
    if (!exchange)
        return 0;
    /* RFC 9113, section 8.7: it has not looked at the request. */
    if (error == NGHTTP2_REFUSED_STREAM && !answered && !exchange->admitted.has_body &&
        !exchange->tried_again) {
        exchange->tried_again = true;
        pool_ask(exchange->proxy->pool, exchange);
    } else {
        exchange_failed(exchange, 502, "it broke the answer off");
    }
    return 0;
}

const struct http2_callbacks server2_callbacks = {NULL, field, frame_came, data_came,
                                                  stream_closed};
