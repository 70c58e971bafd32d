#include "terminal/filter_private.h"

#include <string.h>

enum { LARGEST = 9999, ABSENT = -1 };

struct parsed {
    char key[4]; /* prefix, intermediate, final */
    char prefix, intermediate, final;
    int values[FILTER_PARAMETERS];
    char before[FILTER_PARAMETERS]; /* what stands before each: ; or : */
    size_t count;
};

/* prefix? (digits | ; | :)* intermediate? final. False: it is of no such form. */
static bool parse(const char *text, size_t length, struct parsed *p) {
    size_t at = 0;
    /* Not the whole of it: this is done for each sequence that is shown. */
    memset(p->key, 0, sizeof p->key);
    p->prefix = p->intermediate = p->before[0] = 0;
    p->values[0] = ABSENT;
    p->count = 0;
    if (at < length && strchr("<=>?", text[at]))
        p->prefix = text[at++];
    for (; at < length && text[at] >= '0' && text[at] <= ';'; at++) {
        int *value = &p->values[p->count];
        if (text[at] <= '9') {
            *value = (*value == ABSENT ? 0 : *value) * 10 + text[at] - '0';
            if (*value > LARGEST)
                *value = LARGEST;
        } else if (++p->count == FILTER_PARAMETERS) {
            return false;
        } else {
            p->values[p->count] = ABSENT;
            p->before[p->count] = text[at];
        }
    }
    if (p->count || p->values[0] != ABSENT)
        p->count++;
    if (at < length && text[at] >= ' ' && text[at] <= '/')
        p->intermediate = text[at++];
    if (at + 1 != length || text[at] < '@' || text[at] > '~')
        return false;
    p->final = text[at];
    char *end = p->key;
    if (p->prefix)
        *end++ = p->prefix;
    if (p->intermediate)
        *end++ = p->intermediate;
    *end = p->final;
    return true;
}

static int value_of(const struct parsed *p, size_t i, int otherwise) {
    return i < p->count && p->values[i] != ABSENT ? p->values[i] : otherwise;
}

/* A number of at most LARGEST; its end. */
static char *put_number(char *end, int value) {
    if (value >= 1000)
        *end++ = (char)('0' + value / 1000);
    if (value >= 100)
        *end++ = (char)('0' + value / 100 % 10);
    if (value >= 10)
        *end++ = (char)('0' + value / 10 % 10);
    *end++ = (char)('0' + value % 10);
    return end;
}

static void write_anew(struct filter *f, const struct parsed *p) {
    char text[8 + FILTER_PARAMETERS * 6], *end = text;
    *end++ = '\033';
    *end++ = '[';
    if (p->prefix)
        *end++ = p->prefix;
    for (size_t i = 0; i < p->count; i++) {
        if (i)
            *end++ = p->before[i];
        if (p->values[i] != ABSENT)
            end = put_number(end, p->values[i]);
    }
    if (p->intermediate)
        *end++ = p->intermediate;
    *end++ = p->final;
    out_bytes(f, text, (size_t)(end - text));
}

/* Modes. */

unsigned mode_place(const struct sequence *row) {
    unsigned place = 0;
    for (const struct sequence *at = row; at > sequences && at[-1].kind == A_MODE; at--)
        place++;
    return place;
}

static const struct sequence *mode_of(int number) {
    char key[5];
    if (number < 0)
        return NULL;
    *put_number(key, number) = '\0';
    const struct sequence *row = sequence_of(A_MODE, key);
    return row && row->decision == MODES ? row : NULL;
}

static void set_modes(struct filter *f, const struct parsed *p) {
    struct parsed kept = *p;
    kept.count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct sequence *row = mode_of(p->values[i]);
        if (!row)
            continue;
        kept.before[kept.count] = ';';
        kept.values[kept.count++] = p->values[i];
        uint64_t bit = (uint64_t)1 << mode_place(row);
        f->modes = row->rest && row->rest != p->final ? f->modes | bit : f->modes & ~bit;
    }
    if (kept.count)
        write_anew(f, &kept);
}

/* The keyboard of kitty has a stack for each of the two screens. */
static unsigned *stack(struct filter *f) {
    static const char *const others[] = {"47", "1047", "1049"};
    bool other = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        other |= f->modes >> mode_place(sequence_of(A_MODE, others[i])) & 1;
    return &f->pushed[other];
}

static bool pushes(struct filter *f) {
    enum { DEEPEST = 8 };
    if (*stack(f) == DEEPEST)
        return false;
    ++*stack(f);
    return true;
}

static void pop(struct filter *f, const struct parsed *p) {
    unsigned wanted = (unsigned)value_of(p, 0, 1), *pushed = stack(f);
    wanted = wanted < *pushed ? wanted : *pushed;
    *pushed -= wanted;
    if (wanted)
        out_format(f, "\033[<%uu", wanted);
}

static void titles(struct filter *f, const struct parsed *p) {
    enum { DEEPEST = 8, PUSH = 22, POP = 23 };
    int what = value_of(p, 0, 0);
    if (value_of(p, 1, 0) > 2 || (what != PUSH && what != POP))
        return;
    if (what == PUSH ? f->titles + f->titled == DEEPEST : !f->titles)
        return;
    f->titles += what == PUSH ? 1 : -1U;
    write_anew(f, p);
}

static void ask(struct filter *f, const struct parsed *p) {
    enum question what = ASKED_KEYS;
    if (p->final == 'c')
        what = p->prefix ? ASKED_VERSION : ASKED_WHAT;
    else if (p->final == 'n')
        what = value_of(p, 0, 0) == 6 ? ASKED_PLACE : ASKED_STATE;
    bool holds = p->final == 'n'   ? value_of(p, 0, 0) == 5 || value_of(p, 0, 0) == 6
                 : p->final == 'c' ? value_of(p, 0, 0) == 0
                                   : true;
    if (holds && filter_asks(f, what))
        write_anew(f, p);
}

static bool holds(const struct sequence *row, const struct parsed *p) {
    if (p->count > row->most)
        return false;
    for (size_t i = 1; i < p->count; i++)
        if (p->before[i] != ';' && p->final != 'm')
            return false;
    if (!p->prefix && !p->intermediate && (p->final == 'h' || p->final == 'l'))
        return p->count == 1 && p->values[0] == 4;
    if (row->decision == OTHER_KEYS)
        return value_of(p, 0, 0) == 4 && value_of(p, 1, 0) <= 2 && p->before[1] != ':';
    return true;
}

void filter_csi(struct filter *f, const char *text, size_t length) {
    struct parsed p;
    if (!parse(text, length, &p))
        return;
    const struct sequence *row =
        p.key[1] ? sequence_of(A_SEQUENCE, p.key) : f->by_final[(unsigned char)p.final];
    if (!row || !holds(row, &p))
        return;
    switch (row->decision) {
    case DROPPED:
        return;
    case MODES:
        set_modes(f, &p);
        return;
    case TITLE_STACK:
        titles(f, &p);
        return;
    case ASKED:
        ask(f, &p);
        return;
    case ASKED_MODE:
        if (p.count == 1 && mode_of(p.values[0]) && filter_asks(f, ASKED_A_MODE))
            write_anew(f, &p);
        return;
    case KEYS_PUSHED:
        if (pushes(f))
            write_anew(f, &p);
        return;
    case KEYS_POPPED:
        pop(f, &p);
        return;
    default:
        f->region |= row->decision == REGION;
        f->shape |= row->decision == CURSOR_SHAPE;
        f->other_keys |= row->decision == OTHER_KEYS;
        f->keys_set |= row->decision == KEYS_SET;
        if (row->decision == COLOURS)
            f->coloured = p.count > 1 || value_of(&p, 0, 0) != 0;
        if (row->decision == INSERTS)
            f->inserts = p.final == 'h';
        write_anew(f, &p);
    }
}
