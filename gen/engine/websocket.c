#include "engine/websocket.h"
#include "base/buf_raw.h"
#include "base/die.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CONTINUATION = 0, CONTROL = 8, FIN = 0x80, LONGEST_CONTROL = 125, LONGEST_HEAD = 10 };

struct websocket {
    struct forms **forms;
    size_t count;
    struct redactor *redactor; /* of the message that is under way */
    bool in_message, begun;    /* begun: a frame of it has gone on */
    unsigned char opcode;      /* the message's */
    unsigned char head[LONGEST_HEAD];
    size_t head_length;
    bool in_frame;
    uint64_t left;
    struct buf control; /* a control frame's payload */
};

struct websocket *websocket_new(struct forms *const *forms, size_t count) {
    struct websocket *websocket = must_alloc(sizeof *websocket);
    websocket->forms = must_alloc(count * sizeof(struct forms *));
    for (size_t i = 0; i < count; i++)
        websocket->forms[websocket->count++] = forms_ref(forms[i]);
    return websocket;
}

void websocket_free(struct websocket *websocket) {
    if (!websocket)
        return;
    for (size_t i = 0; i < websocket->count; i++)
        forms_unref(websocket->forms[i]);
    free(websocket->forms);
    redactor_free(websocket->redactor);
    buf_free(&websocket->control);
    free(websocket);
}

/* How long the head of this frame is, as far as its first two bytes tell. */
static size_t head_needs(const struct websocket *websocket) {
    if (websocket->head_length < 2)
        return 2;
    unsigned length = websocket->head[1] & 0x7f;
    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static uint64_t payload_length(const unsigned char *head) {
    unsigned length = head[1] & 0x7f;
    size_t more = length == 127 ? 8 : length == 126 ? 2 : 0;
    uint64_t number = more ? 0 : length;
    for (size_t i = 0; i < more; i++)
        number = number << 8 | head[2 + i];
    return number;
}

static void write_frame(struct buf *out, unsigned first, const void *data, uint64_t length) {
    unsigned char head[LONGEST_HEAD] = {(unsigned char)first};
    size_t n = 2;
    if (length < 126) {
        head[1] = (unsigned char)length;
    } else {
        size_t more = length < 65536 ? 2 : 8;
        head[1] = more == 2 ? 126 : 127;
        for (size_t i = 0; i < more; i++)
            head[2 + i] = (unsigned char)(length >> 8 * (more - 1 - i));
        n += more;
    }
    buf_add(out, head, n);
    buf_add(out, data, length);
}

static bool head_is_agreed(struct websocket *websocket) {
    unsigned opcode = websocket->head[0] & 0x0f;
    bool fin = websocket->head[0] & FIN, control = opcode & CONTROL;
    websocket->left = payload_length(websocket->head);
    /* Reserved bits are for extensions, and a server masks nothing (5.1). */
    if ((websocket->head[0] & 0x70) || (websocket->head[1] & 0x80) || websocket->left >> 63)
        return false;
    if (control)
        return fin && websocket->left <= LONGEST_CONTROL;
    if ((opcode == CONTINUATION) != websocket->in_message)
        return false;
    if (!websocket->in_message) {
        websocket->opcode = (unsigned char)opcode;
        websocket->in_message = true;
        websocket->begun = false;
        websocket->redactor = redactor_new(websocket->forms, websocket->count);
    }
    return true;
}

/* A piece of a message; last: nothing more of this frame comes. */
static void hand_on(struct websocket *websocket, const char *data, size_t length, bool last,
                    struct buf *out) {
    struct buf sure BUF_CLEANUP = {0};
    bool ends = last && (websocket->head[0] & FIN);
    redactor_feed(websocket->redactor, data, length, ends, &sure);
    if (sure.len || ends) {
        unsigned first = websocket->begun ? CONTINUATION : websocket->opcode;
        write_frame(out, first | (ends ? FIN : 0u), sure.len ? sure.data : "", sure.len);
        websocket->begun = true;
    }
    if (ends) {
        redactor_free(websocket->redactor);
        websocket->redactor = NULL;
        websocket->in_message = false;
    }
}

static void hand_on_control(struct websocket *websocket, struct buf *out) {
    struct buf *control = &websocket->control;
    if (control->len)
        forms_scrub(websocket->forms, websocket->count, control->data, control->len);
    write_frame(out, websocket->head[0], control->len ? control->data : "", control->len);
    control->len = 0;
}

static void take(struct websocket *websocket, const char *data, size_t length, struct buf *out) {
    bool control = websocket->head[0] & CONTROL;
    websocket->left -= length;
    bool last = !websocket->left;
    if (!control) {
        hand_on(websocket, data, length, last, out);
    } else {
        buf_add(&websocket->control, data, length);
        if (last)
            hand_on_control(websocket, out);
    }
    if (last) {
        websocket->in_frame = false;
        websocket->head_length = 0;
    }
}

bool websocket_feed(struct websocket *websocket, const void *data, size_t length, struct buf *out) {
    const char *p = data, *end = p + length;
    while (p < end) {
        if (!websocket->in_frame) {
            websocket->head[websocket->head_length++] = (unsigned char)*p++;
            if (websocket->head_length < head_needs(websocket))
                continue;
            if (!head_is_agreed(websocket))
                return false;
            websocket->in_frame = true;
            if (!websocket->left)
                take(websocket, p, 0, out);
            continue;
        }
        size_t n =
            (uint64_t)(end - p) < websocket->left ? (size_t)(end - p) : (size_t)websocket->left;
        take(websocket, p, n, out);
        p += n;
    }
    return true;
}
