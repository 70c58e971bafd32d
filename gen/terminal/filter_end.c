/* The terminal is put back: what a session has changed, and nothing else. */
#include "terminal/filter_private.h"

#include <string.h>

static bool is_screen(const struct sequence *row) {
    return !strcmp(row->key, "47") || !strcmp(row->key, "1047") || !strcmp(row->key, "1049");
}

static void modes(struct filter *f, bool screens) {
    for (size_t i = 0; i < sequences_count; i++) {
        const struct sequence *row = &sequences[i];
        if (row->kind != A_MODE || is_screen(row) != screens)
            continue;
        uint64_t bit = (uint64_t)1 << mode_place(row);
        if (f->modes & bit)
            out_format(f, "\033[?%s%c", row->key, row->rest);
        f->modes &= ~bit;
    }
}

static void keys(struct filter *f, unsigned screen) {
    if (f->pushed[screen])
        out_format(f, "\033[<%uu", f->pushed[screen]);
    f->pushed[screen] = 0;
}

static void undo(struct filter *f, bool *changed, const char *by) {
    if (*changed)
        out_string(f, by);
    *changed = false;
}

/* The mouse, the window's focus, releases of keys. */
static bool types_alone(const struct filter *f) {
    bool types = f->asked.count || f->keys_set || f->pushed[0] || f->pushed[1];
    for (size_t i = 0; i < sequences_count; i++)
        if (sequences[i].kind == A_MODE &&
            (!strncmp(sequences[i].key, "100", 3) || !strcmp(sequences[i].key, "9")))
            types |= f->modes >> mode_place(&sequences[i]) & 1;
    return types;
}

bool filter_end(struct filter *f) {
    bool types = types_alone(f);
    f->state = f->partial_length = 0;
    f->length = 0;
    f->asked.count = 0;
    undo(f, &f->linked, "\033]8;;\033\\");
    keys(f, 1);
    modes(f, false);
    modes(f, true);
    keys(f, 0);
    undo(f, &f->keys_set, "\033[=0;1u");
    undo(f, &f->other_keys, "\033[>4m");
    undo(f, &f->keypad, "\033>");
    undo(f, &f->charset, "\033(B\033)B\017");
    /* It would take the cursor to the first row. */
    undo(f, &f->region, "\0337\033[r\0338");
    undo(f, &f->shape, "\033[0 q");
    undo(f, &f->coloured, "\033[m");
    undo(f, &f->inserts, "\033[4l");
    for (; f->titles; f->titles--)
        out_string(f, "\033[23;0t");
    undo(f, &f->titled, "\033[23;0t");
    filter_take(f, "", 0);
    return types;
}
