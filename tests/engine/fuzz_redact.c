/*
 * libFuzzer builds a text of what begins, ends and spells the forms of a secret, and says where it
 * is cut.
 *
 * Whatever comes, no length changes, no byte becomes another but an asterisk, the filter finds the
 * anchors that a plain search finds, and no form is in what came out. A form that no other one
 * touches is blotted as if it had come in one piece. (Where forms overlap it is only sure that none
 * is left: which one came first depends on the cuts. An anchor anywhere lets redact.py look for a
 * form that has none itself, so those are not asked for.)
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/redact_private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const secrets[] = {
    "sk-ant-api03-AbC/dEf+123==", "we\"ird\\&<'>key#", "ghp_0123456789abcdef",
    "u0x&amp;#35;-token",         "aaaaaaaaaa",        "&%=#;,:!(",
    "abcabcabXabcabcab",
};
enum { SECRETS = sizeof secrets / sizeof *secrets, MOST_CUTS = 8 };
static struct forms *made[SECRETS];

struct part {
    unsigned char *s;
    size_t n;
};
struct world {
    struct forms *forms;
    struct buf whole, out;
    size_t cuts[MOST_CUTS], cuts_n;
};

/* -- the text -- */

static void add_unit(struct world *world, const struct form *form, size_t unit, unsigned choice) {
    const struct node *nodes = world->forms->nodes;
    for (uint16_t at = form->units[unit % form->n]; at; at = nodes[at].child) {
        for (unsigned skip = choice % 8; skip && nodes[at].next; skip--)
            at = nodes[at].next;
        choice = choice / 2 + 1;
        buf_char(&world->whole, (char)nodes[at].byte);
        if (nodes[at].end && (choice & 1 || !nodes[at].child))
            return;
    }
}

/* Each byte is itself, or says what of the secret comes next. */
static void make_text(struct world *world, const uint8_t *data, size_t size) {
    const struct forms *forms = world->forms;
    const struct form *form = &forms->v[0];
    size_t unit = 0;
    unsigned choice = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data[i];
        if (c < 0x80) {
            buf_char(&world->whole, (char)c);
        } else if (c < 0xa0) {
            for (unsigned n = c & 31; n--;)
                add_unit(world, form, unit++, choice);
        } else if (c < 0xb0) {
            choice = c & 15;
        } else if (c < 0xc8) {
            form = &forms->v[(size_t)(c - 0xb0) % forms->n];
            unit = 0;
        } else if (c < 0xd8) {
            if (form->breaks_n)
                buf_add(&world->whole, form->breaks[c % form->breaks_n].s,
                        form->breaks[c % form->breaks_n].n);
        } else if (c < 0xf0) {
            size_t which = (size_t)(c - 0xd8) * forms->anchors_n / 24;
            buf_add(&world->whole, forms->text + forms->anchors[which].at, forms->anchors[which].n);
        } else if (world->cuts_n < MOST_CUTS) {
            world->cuts[world->cuts_n++] = world->whole.len;
        }
    }
}

static void stream(struct world *world) {
    struct redactor *redactor = redactor_new(&world->forms, 1);
    size_t from = 0;
    for (size_t i = 0; i < world->cuts_n; i++) {
        redactor_feed(redactor, world->whole.data + from, world->cuts[i] - from, false,
                      &world->out);
        from = world->cuts[i];
    }
    redactor_feed(redactor, world->whole.data + from, world->whole.len - from, false, &world->out);
    redactor_feed(redactor, NULL, 0, true, &world->out);
    redactor_free(redactor);
}

/* -- what has to hold -- */

static struct part text_of(const struct buf *buf) {
    return (struct part){(unsigned char *)buf->data, buf->len};
}

static bool next(const struct world *world, size_t form, struct part text, size_t from,
                 struct span *span) {
    return form_next(world->forms, &world->forms->v[form], text.s, text.n, &from, span);
}

static bool is_anchored(const struct world *world, size_t form, struct part text,
                        const struct span *span) {
    return anchors_in(world->forms, text.s + span->start, span->end - span->start) >> form & 1;
}

static void only_asterisks(const struct world *world) {
    if (world->out.len != world->whole.len)
        die("%zu bytes became %zu", world->whole.len, world->out.len);
    for (size_t i = 0; i < world->out.len; i++)
        if (world->out.data[i] != world->whole.data[i] && world->out.data[i] != '*')
            die("byte %zu became another", i);
}

static void none_is_left(const struct world *world) {
    struct part out = text_of(&world->out);
    struct span span;
    for (size_t i = 0; i < world->forms->n; i++)
        for (size_t at = 0; next(world, i, out, at, &span); at = span.start + 1)
            if (span.end - span.start <= world->forms->v[i].reach &&
                is_anchored(world, i, out, &span))
                die("form %zu is left at %zu", i, span.start);
}

static bool holds(struct part text, const char *anchor, size_t n) {
    for (size_t at = 0; at + n <= text.n; at++) {
        size_t same = 0;
        while (same < n && lower(text.s[at + same]) == (unsigned char)anchor[same])
            same++;
        if (same == n)
            return true;
    }
    return false;
}

static void anchors_are_found(const struct world *world) {
    const struct forms *forms = world->forms;
    struct part whole = text_of(&world->whole);
    uint32_t found = forms->always;
    for (size_t i = 0; i < forms->anchors_n; i++)
        if (holds(whole, forms->text + forms->anchors[i].at, forms->anchors[i].n))
            found |= UINT32_C(1) << forms->anchors[i].form;
    if (found != anchors_in(forms, whole.s, whole.n))
        die("the anchors are of %x, not of %x", found, anchors_in(forms, whole.s, whole.n));
}

/* Whether something in text overlaps the span, and is not the same. */
static bool touched(const struct world *world, struct part text, const struct span *span) {
    struct span other;
    for (size_t i = 0; i < world->forms->n; i++)
        for (size_t at = 0; next(world, i, text, at, &other); at = other.start + 1)
            if (other.start < span->end && other.end > span->start &&
                (other.start != span->start || other.end != span->end))
                return true;
    return false;
}

static bool is_alone(const struct world *world, struct part whole, const struct span *span) {
    for (size_t i = 0; i < world->cuts_n; i++)
        if (touched(world, (struct part){whole.s, world->cuts[i]}, span))
            return false;
    return !touched(world, whole, span);
}

static bool is_blotted(const struct world *world, const struct span *span) {
    for (size_t i = span->start; i < span->end; i++)
        if (world->out.data[i] != '*')
            return false;
    return true;
}

static void cuts_do_not_matter(const struct world *world) {
    struct part whole = text_of(&world->whole);
    struct span span;
    for (size_t i = 0; i < world->forms->n; i++)
        for (size_t at = 0; next(world, i, whole, at, &span); at = span.end)
            if (!is_blotted(world, &span) && span.end - span.start <= world->forms->v[i].reach &&
                is_anchored(world, i, whole, &span) && is_alone(world, whole, &span))
                die("form %zu at %zu is blotted in part", i, span.start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    size_t which = data[0] % SECRETS;
    if (!made[which])
        made[which] = forms_new(secrets[which], strlen(secrets[which]));
    struct world world = {.forms = made[which]};
    buf_str(&world.whole, "");
    make_text(&world, data + 1, size - 1);
    stream(&world);
    only_asterisks(&world);
    none_is_left(&world);
    anchors_are_found(&world);
    cuts_do_not_matter(&world);
    buf_free(&world.whole);
    buf_free(&world.out);
    return 0;
}
