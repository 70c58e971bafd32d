#include "base/die.h"
#include "engine/redact_private.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *secret_room(void *old, size_t *cap, size_t n, size_t size) {
    if (n <= *cap)
        return old;
    size_t more = n > 2 * *cap ? n : 2 * *cap;
    void *new = must_alloc(more * size);
    if (old)
        memcpy(new, old, *cap * size);
    secret_free(old, *cap, size);
    *cap = more;
    return new;
}

void secret_free(void *old, size_t n, size_t size) {
    if (old)
        OPENSSL_cleanse(old, n * size);
    free(old);
}

static uint16_t node_new(struct forms *forms, unsigned char byte) {
    size_t at = forms->nodes_n ? forms->nodes_n : 1;
    if (at > UINT16_MAX) /* all characters in all spellings are 25,000 */
        die("the spellings of a secret have more than %d nodes", UINT16_MAX);
    forms->nodes = secret_room(forms->nodes, &forms->nodes_cap, at + 1, sizeof *forms->nodes);
    forms->nodes[at] = (struct node){.byte = byte};
    forms->nodes_n = at + 1;
    return (uint16_t)at;
}

/* That node among those that begin at `first`; made, where it is not there. */
static uint16_t node_among(struct forms *forms, uint16_t *first, unsigned char byte) {
    uint16_t last = 0;
    for (uint16_t at = *first; at; at = forms->nodes[at].next) {
        if (forms->nodes[at].byte == byte)
            return at;
        last = at;
    }
    uint16_t new = node_new(forms, byte);
    if (last)
        forms->nodes[last].next = new;
    else
        *first = new;
    return new;
}

static void unit_add(struct forms *forms, struct unit *unit, const char *s, size_t n) {
    uint16_t at = node_among(forms, &unit->first, (unsigned char)s[0]);
    for (size_t i = 1; i < n; i++) {
        uint16_t child = forms->nodes[at].child;
        uint16_t next = node_among(forms, &child, (unsigned char)s[i]);
        forms->nodes[at].child = child;
        at = next;
    }
    forms->nodes[at].end = true;
    if (n > unit->longest)
        unit->longest = (uint16_t)n;
}

struct spelling {
    struct forms *forms;
    struct unit unit;
};

__attribute__((format(printf, 2, 3))) static void spell(struct spelling *one, const char *format,
                                                        ...) {
    char text[32];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 1 || (size_t)n >= sizeof text)
        die("a spelling of %d bytes", n);
    unit_add(one->forms, &one->unit, text, (size_t)n);
}

/* HTML, section 13.5, "Named character references": those of one visible ASCII character, with ";".
 */
static const struct {
    unsigned char c;
    const char *name;
} names[] = {
    {'!', "excl"},         {'"', "QUOT"},     {'"', "quot"},   {'#', "num"},
    {'$', "dollar"},       {'%', "percnt"},   {'&', "AMP"},    {'&', "amp"},
    {'\'', "apos"},        {'(', "lpar"},     {')', "rpar"},   {'*', "ast"},
    {'*', "midast"},       {'+', "plus"},     {',', "comma"},  {'.', "period"},
    {'/', "sol"},          {':', "colon"},    {';', "semi"},   {'<', "LT"},
    {'<', "lt"},           {'=', "equals"},   {'>', "GT"},     {'>', "gt"},
    {'?', "quest"},        {'@', "commat"},   {'[', "lbrack"}, {'[', "lsqb"},
    {'\\', "bsol"},        {']', "rbrack"},   {']', "rsqb"},   {'^', "Hat"},
    {'_', "lowbar"},       {'_', "UnderBar"}, {'`', "grave"},  {'`', "DiacriticalGrave"},
    {'{', "lbrace"},       {'{', "lcub"},     {'|', "verbar"}, {'|', "vert"},
    {'|', "VerticalLine"}, {'}', "rbrace"},   {'}', "rcub"},
};
static const char *const amps[] = {"&", "&amp;"};

static unsigned char upper(unsigned char c) {
    return c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
}

static void spell_plain(struct spelling *one, unsigned char c) {
    spell(one, "%c", c);
    spell(one, "%c", lower(c));
    spell(one, "%c", upper(c));
}

static void spell_html(struct spelling *one, unsigned char c) {
    static const int widths[] = {1, 3, 4, 5, 7};
    for (size_t amp = 0; amp < 2; amp++) {
        for (int zeros = 0; zeros <= 4; zeros++) {
            spell(one, "%s#x%.*s%02x;", amps[amp], zeros, "0000", c);
            spell(one, "%s#x%.*s%02X;", amps[amp], zeros, "0000", c);
            spell(one, "%s#X%.*s%02x;", amps[amp], zeros, "0000", c);
            spell(one, "%s#X%.*s%02X;", amps[amp], zeros, "0000", c);
        }
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
            spell(one, "%s#%0*d;", amps[amp], widths[i], c);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (names[i].c == c)
                spell(one, "%s%s;", amps[amp], names[i].name);
    }
}

static void spell_escaped(struct spelling *one, unsigned char c) {
    static const char *const marks[] = {"u00", "U00", "U000000", "x"};
    static const char *const before[] = {"%", "%25", "%2525", "%u00", "=", "\\0000"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        spell(one, "%s%02x", before[i], c);
        spell(one, "%s%02X", before[i], c);
    }
    for (int slashes = 1; slashes <= 4; slashes *= 2)
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            spell(one, "%.*s%s%02x", slashes, "\\\\\\\\", marks[i], c);
            spell(one, "%.*s%s%02X", slashes, "\\\\\\\\", marks[i], c);
        }
    spell(one, "\\u{%02x}", c);
    spell(one, "\\u{%02X}", c);
    spell(one, "\\%02x ", c);
    spell(one, "\\%02X ", c);
    spell(one, "\\%03o", c);
    spell(one, "\\\\%03o", c);
}

/* RFC 8259, ECMA-262, HTML, RFC 3986, RFC 2045, CSS and C; twice and in either case. */
static void spell_all(struct spelling *one, unsigned char c) {
    static const int slashes[] = {1, 2, 3, 4, 7};
    spell_plain(one, c);
    spell_escaped(one, c);
    spell_html(one, c);
    if (!is_letter_or_digit(c))
        for (size_t i = 0; i < sizeof slashes / sizeof *slashes; i++)
            spell(one, "%.*s%c", slashes[i], "\\\\\\\\\\\\\\", c);
}

static void spell_base64(struct spelling *one, unsigned char c) {
    static const char *const plus[] = {"-",       "%2B",   "%2b",    "\\u002b",
                                       "\\u002B", "&#43;", "&#x2B;", "=2B"};
    static const char *const slash[] = {"_",       "%2F",   "%2f",    "\\/", "\\u002f",
                                        "\\u002F", "&#47;", "&#x2F;", "=2F"};
    spell(one, "%c", c);
    for (size_t i = 0; c == '+' && i < sizeof plus / sizeof *plus; i++)
        spell(one, "%s", plus[i]);
    for (size_t i = 0; c == '/' && i < sizeof slash / sizeof *slash; i++)
        spell(one, "%s", slash[i]);
}

struct unit unit_of(struct units *units, enum unit_kind kind, unsigned char c) {
    struct unit *made = &units->made[kind][c & 127];
    if (made->first)
        return *made;
    struct spelling one = {.forms = units->forms};
    if (kind == SPELLED) {
        spell_all(&one, c);
    } else if (kind == PLAIN) {
        spell_plain(&one, c);
    } else if (kind == IN_BASE64) {
        spell_base64(&one, c);
    } else if (kind == IN_HEX) {
        spell(&one, "%02x", c);
        spell(&one, "%02X", c);
    } else {
        spell(&one, "%d", c);
    }
    return *made = one.unit;
}
