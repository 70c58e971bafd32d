#include "base/die.h"
#include "engine/redact_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* FIRST: of its characters stand in an anchor; no secret is shorter. */
enum { FIRST = 8, LONGEST_LETTERS = 60, LONGEST_HALF = 30, SHORT_LETTERS = 12 };

/* Between the characters of what is encoded; in RFC 2045, section 6.7; between bytes as digits. */
static const struct bytes line_breaks[] = {{"\r\n", 2}, {"\n", 1},     {"=\r\n", 3}, {"=\n", 2},
                                           {"\\n", 2},  {"\\r\\n", 4}, {"\r\n ", 3}, {"\n ", 2}};
static const struct bytes soft_breaks[] = {{"=\r\n", 3}, {"=\n", 2}};
static const struct bytes between_bytes[] = {{":", 1},   {" ", 1},    {"-", 1},
                                             {",", 1},   {", ", 2},   {"\n", 1},
                                             {" 0x", 3}, {", 0x", 4}, {",0x", 3}};
static const struct bytes between_numbers[] = {{",", 1}, {", ", 2}, {" ", 1}};
static const struct bytes between_wide[] = {{"\0", 1}, {"\0\0\0", 3}};
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct making {
    struct forms *forms;
    struct units units;
    const unsigned char *raw;
    size_t n;
};

/* With room for `most` units. */
static struct form *form_new(struct making *making, size_t most, const struct bytes *breaks,
                             size_t n) {
    struct form *form = &making->forms->v[making->forms->n++];
    size_t cap = 0;
    form->units = secret_room(NULL, &cap, most, sizeof *form->units);
    form->breaks = breaks;
    form->breaks_n = n;
    for (size_t i = 0; i < n; i++)
        if (breaks[i].n * most > form->reach)
            form->reach = breaks[i].n * most;
    return form;
}

static unsigned number_of(const struct making *making) {
    return (unsigned)making->forms->n - 1;
}

static void form_add(struct making *making, struct form *form, enum unit_kind kind,
                     unsigned char c) {
    struct unit unit = unit_of(&making->units, kind, c);
    form->units[form->n++] = unit.first;
    form->reach += unit.longest;
}

static void mark_all(const struct forms *forms, struct form *form, uint16_t node) {
    for (; node; node = forms->nodes[node].next) {
        form->is[forms->nodes[node].byte] |= INSIDE;
        mark_all(forms, form, forms->nodes[node].child);
    }
}

static void classify(const struct forms *forms, struct form *form) {
    const struct node *nodes = forms->nodes;
    for (uint16_t node = form->units[0]; node; node = nodes[node].next)
        form->is[nodes[node].byte] |= nodes[node].child ? BEGINS : BEGINS | ALONE;
    for (uint16_t node = form->units[1]; node; node = nodes[node].next)
        form->is[nodes[node].byte] |= SECOND;
    for (size_t i = 0; i < form->n; i++)
        mark_all(forms, form, form->units[i]);
    for (size_t i = 0; i < form->breaks_n; i++) {
        form->is[(unsigned char)form->breaks[i].s[0]] |= SECOND;
        for (size_t k = 0; k < form->breaks[i].n; k++)
            form->is[(unsigned char)form->breaks[i].s[k]] |= INSIDE;
    }
}

/* -- as it is, and spelled -- */

/* The longest part that no encoder spells one by one. */
static struct bytes letters_of(const struct making *making) {
    size_t best = 0, length = 0;
    for (size_t at = 0, run = 0; at < making->n; at++) {
        run = is_letter_or_digit(making->raw[at]) ? run + 1 : 0;
        if (run > length) {
            length = run;
            best = at + 1 - run;
        }
    }
    return (struct bytes){(const char *)making->raw + best,
                          length < LONGEST_LETTERS ? length : LONGEST_LETTERS};
}

static void add_broken(struct making *making, struct bytes part) {
    char text[LONGEST_LETTERS + 3];
    for (size_t i = 0; i < COUNT(soft_breaks); i++)
        for (size_t at = 1; at < part.n; at++) {
            memcpy(text, part.s, at);
            memcpy(text + at, soft_breaks[i].s, soft_breaks[i].n);
            memcpy(text + at + soft_breaks[i].n, part.s + at, part.n - at);
            anchor_add(making->forms, number_of(making), text, part.n + soft_breaks[i].n);
        }
    OPENSSL_cleanse(text, sizeof text);
}

/* How it begins where an encoder spells every character. */
static void add_all_spelled(struct making *making) {
    static const struct {
        const char *before, *format, *after;
    } made[] = {
        {"%", "%02x", ""},        {"%25", "%02x", ""},         {"%2525", "%02x", ""},
        {"%u00", "%02x", ""},     {"=", "%02x", ""},           {"\\u00", "%02x", ""},
        {"\\\\u00", "%02x", ""},  {"\\\\\\\\u00", "%02x", ""}, {"\\u000000", "%02x", ""},
        {"\\x", "%02x", ""},      {"\\\\x", "%02x", ""},       {"\\u{", "%02x", "}"},
        {"\\", "%03o", ""},       {"\\\\", "%03o", ""},        {"&#", "%d", ";"},
        {"&#", "%03d", ";"},      {"&#", "%04d", ";"},         {"&#", "%05d", ";"},
        {"&#", "%07d", ";"},      {"&amp;#", "%d", ";"},       {"&#x", "%02x", ";"},
        {"&#x0", "%02x", ";"},    {"&#x00", "%02x", ";"},      {"&#x000", "%02x", ";"},
        {"&#x0000", "%02x", ";"}, {"&amp;#x", "%02x", ";"},    {"\\", "%02x", " "},
        {"\\0000", "%02x", ""},
    };
    char text[FIRST * 12], digits[12];
    for (size_t i = 0; i < COUNT(made); i++) {
        size_t n = 0;
        for (size_t k = 0; k < FIRST; k++) {
            snprintf(digits, sizeof digits, made[i].format, making->raw[k]);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s", made[i].before, digits,
                                  made[i].after);
        }
        anchor_add(making->forms, number_of(making), text, n);
    }
    OPENSSL_cleanse(text, sizeof text);
}

static void add_spelled(struct making *making) {
    struct form *form = form_new(making, making->n, soft_breaks, COUNT(soft_breaks));
    for (size_t i = 0; i < making->n; i++)
        form_add(making, form, SPELLED, making->raw[i]);
    struct bytes part = letters_of(making);
    if (part.n < 3) {
        making->forms->always |= UINT32_C(1) << number_of(making);
        return;
    }
    anchor_add(making->forms, number_of(making), part.s, part.n);
    add_broken(making, part);
    if (part.n < SHORT_LETTERS)
        making->forms->short_n = making->forms->anchors_n;
    add_all_spelled(making);
}

/* -- encoded -- */

/* A line break cuts one of them at most: no encoder has lines shorter than 60. */
static void add_halves(struct making *making, const char *text, size_t n) {
    size_t half = n / 2 < LONGEST_HALF ? n / 2 : LONGEST_HALF;
    anchor_add(making->forms, number_of(making), text, half);
    anchor_add(making->forms, number_of(making), text + half, half);
}

static void add_text(struct making *making, enum unit_kind kind, const char *text, size_t n) {
    struct form *form = form_new(making, n, line_breaks, COUNT(line_breaks));
    for (size_t i = 0; i < n; i++)
        form_add(making, form, kind, (unsigned char)text[i]);
    add_halves(making, text, n);
}

static void turn(char *text, size_t n) {
    for (size_t i = 0; i < n / 2; i++) {
        char c = text[i];
        text[i] = text[n - 1 - i];
        text[n - 1 - i] = c;
    }
}

static void add_reversed(struct making *making, char *text, size_t n) {
    turn(text, n);
    struct form *form = form_new(making, n, NULL, 0);
    for (size_t i = 0; i < n; i++)
        form_add(making, form, PLAIN, (unsigned char)text[i]);
    anchor_add(making->forms, number_of(making), text, n < 60 ? n : 60);
}

static unsigned bit_of(const struct making *making, size_t shift, size_t at) {
    size_t byte = at / 8;
    return byte < shift ? 0 : making->raw[byte - shift] >> (7 - at % 8) & 1U;
}

/* RFC 4648: the characters that depend on the secret alone when `shift` bytes stand before it. */
static size_t digits_at(const struct making *making, size_t shift, size_t bits,
                        const char *alphabet, char *text) {
    size_t from = (shift * 8 + bits - 1) / bits, to = (shift + making->n) * 8 / bits;
    for (size_t i = from; i < to; i++) {
        unsigned value = 0;
        for (size_t k = 0; k < bits; k++)
            value = value << 1 | bit_of(making, shift, i * bits + k);
        text[i - from] = alphabet[value];
    }
    return to - from;
}

static void add_encoded(struct making *making, char *text) {
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t shift = 0; shift < 3; shift++) {
        size_t n = digits_at(making, shift, 6, base64, text);
        add_text(making, IN_BASE64, text, n);
        turn(text, n);
        add_text(making, IN_BASE64, text, n);
    }
    for (size_t shift = 0; shift < 5; shift++)
        add_text(making, PLAIN, text, digits_at(making, shift, 5, base32, text));
}

/* -- byte by byte -- */

static void add_bytes(struct making *making, enum unit_kind kind, const char *format,
                      const struct bytes *breaks, size_t n, bool unbroken) {
    static const struct bytes nothing = {"", 0};
    struct form *form = form_new(making, making->n, breaks, n);
    for (size_t i = 0; i < making->n; i++)
        form_add(making, form, kind, making->raw[i]);
    char text[FIRST * 8], digits[12];
    for (size_t i = unbroken ? 0 : 1; i <= n; i++) {
        const struct bytes *one = i ? &breaks[i - 1] : &nothing;
        size_t length = 0;
        for (size_t k = 0; k < FIRST; k++) {
            memcpy(text + length, one->s, k ? one->n : 0);
            length += k ? one->n : 0;
            size_t size = (size_t)snprintf(digits, sizeof digits, format, making->raw[k]);
            memcpy(text + length, digits, size);
            length += size;
        }
        anchor_add(making->forms, number_of(making), text, length);
    }
    OPENSSL_cleanse(text, sizeof text);
}

struct forms *forms_new(const char *secret, size_t length) {
    if (length < FIRST)
        die("a secret of %zu characters", length);
    struct forms *forms = must_alloc(sizeof *forms);
    memset(forms, 0, sizeof *forms);
    atomic_init(&forms->references, 1);
    struct making making = {forms, {.forms = forms}, (const unsigned char *)secret, length};
    size_t cap = 0;
    char *text = secret_room(NULL, &cap, 2 * length + 8, 1);
    add_spelled(&making);
    memcpy(text, secret, length);
    add_reversed(&making, text, length);
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = "0123456789abcdef"[making.raw[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[making.raw[i] & 15];
    }
    add_reversed(&making, text, 2 * length);
    add_encoded(&making, text);
    add_bytes(&making, IN_HEX, "%02x", between_bytes, COUNT(between_bytes), true);
    add_bytes(&making, IN_DECIMAL, "%d", between_numbers, COUNT(between_numbers), false);
    add_bytes(&making, PLAIN, "%c", between_wide, COUNT(between_wide), false);
    secret_free(text, cap, 1);
    for (size_t i = 0; i < forms->n; i++)
        classify(forms, &forms->v[i]);
    filter_make(forms);
    OPENSSL_cleanse(&making, sizeof making);
    return forms;
}

struct forms *forms_ref(struct forms *forms) {
    atomic_fetch_add(&forms->references, 1);
    return forms;
}

void forms_unref(struct forms *forms) {
    if (!forms || atomic_fetch_sub(&forms->references, 1) != 1)
        return;
    for (size_t i = 0; i < forms->n; i++)
        secret_free(forms->v[i].units, forms->v[i].n, sizeof *forms->v[i].units);
    secret_free(forms->nodes, forms->nodes_cap, sizeof *forms->nodes);
    secret_free(forms->anchors, forms->anchors_cap, sizeof *forms->anchors);
    secret_free(forms->text, forms->text_cap, 1);
    secret_free(forms->filter.grams, forms->filter.cap, sizeof *forms->filter.grams);
    secret_free(forms, 1, sizeof *forms);
}
