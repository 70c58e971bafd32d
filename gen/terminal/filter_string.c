#include "terminal/filter_private.h"

#include <string.h>

enum {
    LONGEST_TITLE = 240,
    LONGEST_LINK = 2083,
    LONGEST_ID = 250,
    DIGITS = 4,
    MOST_COPIED = 100 * 1000
};

/* How many bytes the next character has that is text; what stands before it is passed over. 0: none
 * is left. */
static size_t next_of_text(const char **text, size_t *length) {
    while (*length) {
        unsigned wanted = utf8_wanted((unsigned char)**text);
        uint32_t code;
        bool is_one = wanted && wanted <= *length && utf8_is(*text, wanted, &code);
        if (is_one && code >= ' ' && filter_allows(code))
            return wanted;
        size_t passed = is_one ? wanted : 1;
        *text += passed;
        *length -= passed;
    }
    return 0;
}

void filter_escape(struct filter *f) {
    char key[3] = {0};
    if (f->length > 2)
        return;
    memcpy(key, f->text, f->length);
    const struct sequence *row = sequence_of(AN_ESCAPE, key);
    if (!row || row->decision == DROPPED)
        return;
    f->charset |= row->decision == CHARSET;
    f->keypad |= row->decision == KEYPAD;
    out_string(f, "\033");
    out_bytes(f, f->text, f->length);
}

/* OSC 0, 1 and 2: without what is no text, and no longer than a title is. The operator's own comes
 * back at the end. */
static void title(struct filter *f, const char *number, const char *text, size_t length,
                  const char *end) {
    size_t shown = 0;
    /* What the session keeps itself keeps it as well. */
    if (!f->titled && !f->titles) {
        out_string(f, "\033[22;0t");
        f->titled = true;
    }
    out_format(f, "\033]%s;", number);
    for (size_t some; (some = next_of_text(&text, &length)) && shown + some <= LONGEST_TITLE;) {
        out_bytes(f, text, some);
        shown += some;
        text += some;
        length -= some;
    }
    out_string(f, end);
}

/* http and https, printable ASCII, and no name before the host: what stands before an @ is taken
 * for the host by people. */
static bool is_web(const char *link, size_t length) {
    size_t at = length > 7 && !strncmp(link, "http://", 7)    ? 7
                : length > 8 && !strncmp(link, "https://", 8) ? 8
                                                              : 0;
    if (!at || length > LONGEST_LINK || strchr("/?#\\", link[at]))
        return false;
    bool in_host = true;
    for (; at < length; at++) {
        if (link[at] <= ' ' || link[at] > '~' || link[at] == '\\')
            return false;
        in_host = in_host && !strchr("/?#", link[at]);
        if (in_host && link[at] == '@')
            return false;
    }
    return true;
}

static bool is_id(const char *text, size_t length) {
    if (length < 4 || length > LONGEST_ID || strncmp(text, "id=", 3))
        return false;
    for (size_t i = 3; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == ':' || text[i] == ';' || text[i] == '=')
            return false;
    return true;
}

/* OSC 8: parameters, of which only an id is kept, and a link. One that may not be ends the one
 * before. */
static void link_to(struct filter *f, const char *text, size_t length, const char *end) {
    const char *semicolon = memchr(text, ';', length);
    if (!semicolon)
        return;
    size_t before = (size_t)(semicolon - text), rest = length - before - 1;
    bool holds = is_web(semicolon + 1, rest);
    if (!holds && !f->linked)
        return;
    f->linked = holds;
    out_string(f, "\033]8;");
    if (holds && is_id(text, before))
        out_bytes(f, text, before);
    out_string(f, ";");
    if (holds)
        out_bytes(f, semicolon + 1, rest);
    out_string(f, end);
}

static int digit64(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Whether it is base64 of text: no control but tabs and ends of lines, so that what is pasted into
 * a shell's line cannot end its brackets (ESC [ 201 ~). */
static bool is_base64_text(const char *text, size_t length) {
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    if (!length || length % 4 || length / 4 * 3 > MOST_COPIED)
        return false;
    unsigned bits = 0;
    for (size_t i = 0; i < length - padding; i++) {
        int digit = digit64(text[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (unsigned)digit) & 0xffff;
        if (i % 4 == 0)
            continue;
        unsigned char byte = (unsigned char)(bits >> (6 - 2 * (i % 4)));
        if ((byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
            return false;
    }
    return true;
}

/* OSC 52: the clipboard itself is set, whichever was asked for; a ? would have it typed. */
static void copy(struct filter *f, const char *text, size_t length, const char *end) {
    const char *semicolon = memchr(text, ';', length);
    if (!f->clipboard || !semicolon)
        return;
    size_t rest = length - (size_t)(semicolon - text) - 1;
    if (!is_base64_text(semicolon + 1, rest))
        return;
    out_string(f, "\033]52;c;");
    out_bytes(f, semicolon + 1, rest);
    out_string(f, end);
}

static void ask_colour(struct filter *f, const char *number, const char *text, size_t length,
                       const char *end) {
    if (length != 1 || *text != '?' || !filter_asks(f, ASKED_A_COLOUR))
        return;
    out_format(f, "\033]%s;?", number);
    out_string(f, end);
}

/* Notices: what is to be read of them, for whoever started us. */

static void begin_notice(struct filter *f) {
    f->seen |= FILTER_NOTICE;
    f->notice_length = 0;
}

static void note_text(struct filter *f, const char *text, size_t length) {
    for (size_t some;
         (some = next_of_text(&text, &length)) && f->notice_length + some <= sizeof f->notice;) {
        memcpy(f->notice + f->notice_length, text, some);
        f->notice_length += some;
        text += some;
        length -= some;
    }
}

static bool begins(const char *text, size_t length, const char *with) {
    return length >= strlen(with) && !memcmp(text, with, strlen(with));
}

/* Whether kitty's list of KEY=VALUE, with colons between, has this one. */
static bool has_part(const char *list, size_t length, const char *part) {
    for (size_t at = 0; at < length; at++)
        if ((!at || list[at - 1] == ':') && begins(list + at, length - at, part))
            return true;
    return false;
}

/* OSC 9: a text. Behind a number it is one of ConEmu's commands, such as a bar of progress. */
static void notice_iterm(struct filter *f, const char *text, size_t length) {
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (digits && (digits == length || text[digits] == ';'))
        return;
    begin_notice(f);
    note_text(f, text, length);
}

/* OSC 777: notify, a title, a text; other words are other extensions'. */
static void notice_urxvt(struct filter *f, const char *text, size_t length) {
    static const char notify[] = "notify;";
    size_t before = sizeof notify - 1;
    if (!begins(text, length, notify))
        return;
    begin_notice(f);
    text += before;
    length -= before;
    const char *semicolon = memchr(text, ';', length);
    size_t title = semicolon ? (size_t)(semicolon - text) : length;
    note_text(f, text, title);
    if (title + 1 >= length)
        return;
    if (title)
        note_text(f, ": ", 2);
    note_text(f, semicolon + 1, length - title - 1);
}

/* OSC 99: parameters, of which p says what the text is (a title, where nothing is said) and e that
 * it is base64, which nobody would read. */
static void notice_kitty(struct filter *f, const char *text, size_t length) {
    const char *semicolon = memchr(text, ';', length);
    size_t before = semicolon ? (size_t)(semicolon - text) : length;
    if (has_part(text, before, "p=") && !has_part(text, before, "p=title") &&
        !has_part(text, before, "p=body"))
        return;
    begin_notice(f);
    if (semicolon && !has_part(text, before, "e=1"))
        note_text(f, semicolon + 1, length - before - 1);
}

static void notice(struct filter *f, const char *number, const char *text, size_t length) {
    if (*number == '7')
        notice_urxvt(f, text, length);
    else if (number[1])
        notice_kitty(f, text, length);
    else
        notice_iterm(f, text, length);
}

void filter_command(struct filter *f, const char *end) {
    char number[DIGITS + 1] = {0};
    const char *semicolon = memchr(f->text, ';', f->length);
    size_t digits = semicolon ? (size_t)(semicolon - f->text) : f->length;
    if (!digits || digits > DIGITS)
        return;
    memcpy(number, f->text, digits);
    const struct sequence *row = sequence_of(A_COMMAND, number);
    if (!row)
        return;
    if (!semicolon)
        return;
    const char *text = semicolon + 1;
    size_t length = f->length - digits - 1;
    if (row->decision == TITLE)
        title(f, number, text, length, end);
    else if (row->decision == LINK)
        link_to(f, text, length, end);
    else if (row->decision == CLIPBOARD)
        copy(f, text, length, end);
    else if (row->decision == ASKED_COLOUR)
        ask_colour(f, number, text, length, end);
    else if (row->decision == NOTICED)
        notice(f, number, text, length);
}
