#include "terminal/filter_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The states are those of DEC's parser (vt100.net/emu/dec_ansi_parser), with UTF-8 in place of the
 * 8-bit controls. */
enum { GROUND, ESCAPE, ESCAPE_MORE, SEQUENCE, STRING, STRING_ESCAPE, PALETTE };

enum { CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f, PALETTE_DIGITS = 7 };

static const char replacement[] = "\357\277\275"; /* U+FFFD */

static void flush(struct filter *f) {
    if (f->out_length)
        f->show(f->to, f->out, f->out_length);
    f->out_length = 0;
}

void out_bytes(struct filter *f, const char *bytes, size_t length) {
    while (length) {
        if (f->out_length == sizeof f->out)
            flush(f);
        size_t room = sizeof f->out - f->out_length, some = length < room ? length : room;
        memcpy(f->out + f->out_length, bytes, some);
        f->out_length += some;
        bytes += some;
        length -= some;
    }
}

void out_string(struct filter *f, const char *text) {
    out_bytes(f, text, strlen(text));
}

void out_format(struct filter *f, const char *format, ...) {
    char text[64];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (length > 0 && (size_t)length < sizeof text)
        out_bytes(f, text, (size_t)length);
}

void filter_begin(struct filter *f) {
    for (size_t i = 0; i < sequences_count; i++)
        if (sequences[i].kind == A_SEQUENCE && !sequences[i].key[1])
            f->by_final[(unsigned char)*sequences[i].key] = &sequences[i];
}

bool filter_asks(struct filter *f, enum question what) {
    if (!f->answers || f->asked.count == FILTER_ASKED)
        return false;
    f->asked.queue[f->asked.count++] = (unsigned char)what;
    return true;
}

/* Text. */

static void begin_sequence(struct filter *f, unsigned char state, char introducer) {
    f->state = state;
    f->introducer = (unsigned char)introducer;
    f->length = 0;
    f->too_long = false;
}

static void keep(struct filter *f, char byte) {
    if (f->length == sizeof f->text)
        f->too_long = true;
    else
        f->text[f->length++] = byte;
}

/* What was begun of a character is none. */
static void break_off(struct filter *f) {
    if (f->partial_length)
        out_string(f, replacement);
    f->partial_length = 0;
}

static void control(struct filter *f, char byte) {
    const struct sequence *row = sequence_of(A_CONTROL, (char[]){byte, '\0'});
    if (!row || row->decision == DROPPED)
        return;
    f->charset |= row->decision == CHARSET;
    if (byte == '\a')
        f->seen |= FILTER_BELL;
    out_bytes(f, &byte, 1);
}

static void begin_character(struct filter *f, char byte) {
    f->partial_wanted = (unsigned char)utf8_wanted((unsigned char)byte);
    if (!f->partial_wanted) {
        out_string(f, replacement);
        return;
    }
    f->partial[0] = byte;
    f->partial_length = 1;
}

/* E0 80, ED A0, F0 80 and F4 90 begin no character, whatever follows. */
static bool begins_none(unsigned char first, unsigned char second) {
    return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
           (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

/* Another byte of a character. */
static void go_on(struct filter *f, char byte) {
    uint32_t code;
    if (f->partial_length == 1 && begins_none((unsigned char)f->partial[0], (unsigned char)byte)) {
        break_off(f);
        out_string(f, replacement);
        return;
    }
    f->partial[f->partial_length++] = byte;
    if (f->partial_length < f->partial_wanted)
        return;
    if (utf8_is(f->partial, f->partial_length, &code) && filter_allows(code))
        out_bytes(f, f->partial, f->partial_length);
    f->partial_length = 0;
}

static bool is_continued(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static bool is_plain(char byte) {
    return (byte >= ' ' && byte < DEL) || byte == '\n' || byte == '\r' || byte == '\t';
}

/* How many bytes the whole character has that begins there and may be shown; 0: none does. */
static size_t whole_character(const char *bytes, size_t length) {
    size_t wanted = utf8_wanted((unsigned char)*bytes);
    uint32_t code;
    return wanted > 1 && wanted <= length && utf8_is(bytes, wanted, &code) && filter_allows(code)
               ? wanted
               : 0;
}

/* Text up to the first byte that is not plain; where that is. */
static size_t plain_run(const char *bytes, size_t length) {
    size_t at = 0, some = 1;
    while (at < length && some) {
        while (at < length && is_plain(bytes[at]))
            at++;
        some = at < length && (unsigned char)bytes[at] >= 0x80
                   ? whole_character(bytes + at, length - at)
                   : 0;
        at += some;
    }
    return at;
}

/* A whole sequence of the usual form stands there: how many bytes it has. 0: byte by byte, then. */
static size_t whole_sequence(struct filter *f, const char *bytes, size_t length) {
    enum { USUAL = 128 };
    size_t at = 2;
    if (length < 3 || bytes[0] != ESC || bytes[1] != '[')
        return 0;
    length = length < USUAL ? length : USUAL;
    while (at < length && bytes[at] >= ' ' && bytes[at] < '@')
        at++;
    if (at == length || bytes[at] < '@' || (unsigned char)bytes[at] >= DEL)
        return 0;
    filter_csi(f, bytes + 2, at - 1);
    return at + 1;
}

static void ground(struct filter *f, char byte) {
    if (f->partial_length && is_continued(byte)) {
        go_on(f, byte);
        return;
    }
    break_off(f);
    if (byte == ESC)
        begin_sequence(f, ESCAPE, byte);
    else if ((unsigned char)byte < ' ')
        control(f, byte);
    else if ((unsigned char)byte >= 0x80)
        begin_character(f, byte);
    else if (byte != DEL)
        out_bytes(f, &byte, 1);
}

/* Sequences. */

static void escape(struct filter *f, char byte) {
    if (f->state == ESCAPE && byte == '[') {
        begin_sequence(f, SEQUENCE, byte);
    } else if (f->state == ESCAPE && strchr("]PX^_k", byte)) {
        begin_sequence(f, STRING, byte);
    } else {
        keep(f, byte);
        if (byte >= '0' || f->length > 2) {
            f->state = GROUND;
            filter_escape(f);
        } else {
            f->state = ESCAPE_MORE;
        }
    }
}

static void sequence(struct filter *f, char byte) {
    keep(f, byte);
    if (byte < '@')
        return;
    f->state = GROUND;
    if (!f->too_long)
        filter_csi(f, f->text, f->length);
}

/* Controls in the middle of a sequence are obeyed at once, as terminals do. False: the byte belongs
 * to the sequence. */
static bool interrupts(struct filter *f, char byte) {
    if (byte == CAN || byte == SUB) {
        f->state = GROUND;
    } else if (byte == ESC) {
        begin_sequence(f, ESCAPE, byte);
    } else if ((unsigned char)byte < ' ') {
        control(f, byte);
    } else if ((unsigned char)byte >= 0x80) {
        f->state = GROUND;
        ground(f, byte);
    } else {
        return byte == DEL;
    }
    return true;
}

static void end_string(struct filter *f, const char *end) {
    f->state = GROUND;
    if (f->introducer == ']' && !f->too_long)
        filter_command(f, end);
}

/* Of a string that is dropped anyway nothing is kept. What Linux's console takes for whole
 * (console_codes(4)) is so here, too: it would swallow all that follows. */
static void string(struct filter *f, char byte) {
    if (byte == ESC) {
        f->state = STRING_ESCAPE;
    } else if (byte == CAN || byte == SUB) {
        f->state = GROUND;
    } else if (f->introducer == ']') {
        if (byte == '\a') {
            end_string(f, "\a");
        } else if (!f->length && byte == 'R') {
            f->state = GROUND;
        } else {
            if (!f->length && byte == 'P')
                f->state = PALETTE;
            keep(f, byte);
        }
    }
}

static void palette(struct filter *f, char byte) {
    bool is_digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                    (byte >= 'A' && byte <= 'F');
    if (!is_digit) {
        f->state = STRING;
        string(f, byte);
        return;
    }
    keep(f, byte);
    if (f->length > PALETTE_DIGITS)
        f->state = GROUND;
}

static void string_escape(struct filter *f, char byte) {
    if (byte == '\\') {
        end_string(f, "\033\\");
        return;
    }
    /* Not its end: it is given up, and another begins. */
    begin_sequence(f, ESCAPE, ESC);
    if (!interrupts(f, byte))
        escape(f, byte);
}

static void one(struct filter *f, char byte) {
    switch (f->state) {
    case GROUND:
        ground(f, byte);
        break;
    case ESCAPE:
    case ESCAPE_MORE:
        if (!interrupts(f, byte))
            escape(f, byte);
        break;
    case SEQUENCE:
        if (!interrupts(f, byte))
            sequence(f, byte);
        break;
    case STRING:
        string(f, byte);
        break;
    case PALETTE:
        palette(f, byte);
        break;
    default:
        string_escape(f, byte);
    }
}

void filter_take(struct filter *f, const char *bytes, size_t length) {
    while (length) {
        size_t some = 0;
        if (f->state == GROUND && !f->partial_length) {
            some = plain_run(bytes, length);
            if (some)
                out_bytes(f, bytes, some);
            else
                some = whole_sequence(f, bytes, length);
        }
        if (!some)
            one(f, *bytes);
        some += !some;
        bytes += some;
        length -= some;
    }
    flush(f);
}
