/*
 * Markdown, parsed by GitHub's own parser (cmark-gfm, with its extensions): the same elements
 * whatever the words, no column more or less, and the words as they went in.
 */
#include "base/buf_raw.h"
#include "base/utf8.h"
#include "round_trip.h"
#include "write/write_md.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char parser[] = "cmark-gfm -e table -e autolink -e strikethrough -e tasklist "
                             "-e tagfilter -e footnotes --unsafe -t xml";

static const char *shown(size_t i) {
    return hostile[i].shown ? hostile[i].shown : hostile[i].in;
}

/* One table, and one paragraph and one list item for each string. */
static void document(struct buf *b) {
    buf_lit(b, "| A | B |\n| --- | --- |\n");
    for (size_t i = 0; i < hostile_count; i++) {
        buf_lit(b, "| ");
        md_text(b, (struct text){hostile[i].in});
        buf_lit(b, " | ");
        md_code(b, (struct text){hostile[i].in});
        buf_lit(b, " |\n");
    }
    for (size_t i = 0; i < hostile_count; i++) {
        buf_lit(b, "\nX: ");
        md_text(b, (struct text){hostile[i].in});
        buf_lit(b, "\n\n- Y: ");
        md_code(b, (struct text){hostile[i].in});
        buf_lit(b, "\n");
    }
}

/* A cursor over the parser's XML: a few elements, no attribute that matters. */
struct cursor {
    const char *p;
};

/* The next tag's name: "code", "/paragraph"; white space before it is layout. */
static const char *next_tag(struct cursor *c, char *name, size_t size) {
    const char *open = strchr(c->p, '<');
    if (!open)
        return NULL;
    size_t n = 0;
    for (const char *p = open + 1; *p && !strchr(" >", *p) && n + 1 < size; p++)
        name[n++] = *p;
    name[n] = '\0';
    const char *close = strchr(open, '>');
    c->p = close ? close + 1 : open + strlen(open);
    return close && close[-1] == '/' ? "" : name;
}

static void add_unescaped(struct buf *b, const char *s, const char *end) {
    static const struct {
        const char *entity;
        char c;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}};
    while (s < end) {
        size_t e = 0;
        while (e < 4 && strncmp(s, entities[e].entity, strlen(entities[e].entity)) != 0)
            e++;
        buf_char(b, e < 4 ? entities[e].c : *s);
        s += e < 4 ? strlen(entities[e].entity) : 1;
    }
}

/* Everything up to the closing tag: only text and code, whose content is collected. */
static bool words_until(struct cursor *c, const char *closing, struct buf *words) {
    char name[64];
    while (next_tag(c, name, sizeof name)) {
        if (strcmp(name, closing) == 0)
            return true;
        if (strcmp(name, "text") != 0 && strcmp(name, "code") != 0)
            break;
        const char *end = strchr(c->p, '<');
        if (!end)
            break;
        add_unescaped(words, c->p, end);
        c->p = end;
        next_tag(c, name, sizeof name);
    }
    buf_lit(words, "<< then came <");
    buf_str(words, name);
    return false;
}

static void expect_tag(struct cursor *c, const char *want) {
    char name[64] = "";
    next_tag(c, name, sizeof name);
    expect_equal("an element", name, want);
}

static void expect_words(struct cursor *c, const char *element, const char *before,
                         const char *want) {
    struct buf got BUF_CLEANUP = {0}, closing BUF_CLEANUP = {0}, all BUF_CLEANUP = {0};
    buf_str(&closing, "/");
    buf_str(&closing, element);
    buf_str(&all, before);
    buf_str(&all, want);
    expect_tag(c, element);
    words_until(c, closing.data, &got);
    expect_equal(element, got.data ? got.data : "", all.data);
}

static void table(struct cursor *c) {
    expect_tag(c, "table");
    expect_tag(c, "table_header");
    expect_words(c, "table_cell", "", "A");
    expect_words(c, "table_cell", "", "B");
    expect_tag(c, "/table_header");
    for (size_t i = 0; i < hostile_count; i++) {
        expect_tag(c, "table_row");
        expect_words(c, "table_cell", "", shown(i));
        expect_words(c, "table_cell", "", shown(i));
        expect_tag(c, "/table_row");
    }
    expect_tag(c, "/table");
}

static void paragraphs(struct cursor *c) {
    for (size_t i = 0; i < hostile_count; i++) {
        expect_words(c, "paragraph", "X: ", shown(i));
        expect_tag(c, "list");
        expect_tag(c, "item");
        expect_words(c, "paragraph", "Y: ", shown(i));
        expect_tag(c, "/item");
        expect_tag(c, "/list");
    }
    expect_tag(c, "/document");
}

/* #123; back to the character; anything else must be a letter, a digit, or one of inert. */
static void mermaid_unescaped(struct buf *b, const char *s, const char *inert) {
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (*s == '#') {
            char *end;
            buf_char(b, (char)strtoul(s + 1, &end, 10));
            expect_true("Mermaid's entity ends", *end == ';');
            s = end + 1;
            continue;
        }
        expect_true("inert in Mermaid", c >= 0x80 || isalnum((int)c) || strchr(inert, (int)c));
        buf_add(b, s, n);
        s += n;
    }
}

static void mermaid(void) {
    for (size_t i = 0; i < hostile_count; i++) {
        struct buf b BUF_CLEANUP = {0}, back BUF_CLEANUP = {0};
        md_mermaid(&b, (struct text){hostile[i].in});
        mermaid_unescaped(&back, b.data, " -.");
        expect_equal("a Mermaid label", back.data, shown(i));
        struct buf folder BUF_CLEANUP = {0}, again BUF_CLEANUP = {0};
        md_mermaid_folder(&folder, (struct text){hostile[i].in});
        mermaid_unescaped(&again, folder.data, " -./_+@");
        expect_equal("a folder in Mermaid", again.data, shown(i));
    }
}

/* What may stand as prose does; what GitHub's later filters would act on is in a code span. */
static void prose(void) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"platform-team", "platform-team"},
        {"the agent's model, version 4.", "the agent's model, version 4."},
        {"@octocat", "`@octocat`"},
        {"GH-1", "`GH-1`"},
        {"see deadbeef", "`see deadbeef`"},
        {"PROJ-12 asks for it", "`PROJ-12 asks for it`"},
        {"node.js", "`node.js`"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b BUF_CLEANUP = {0};
        md_text(&b, (struct text){cases[i].in});
        expect_equal("prose", b.data ? b.data : "", cases[i].out);
    }
}

int main(void) {
    struct buf b BUF_CLEANUP = {0}, xml BUF_CLEANUP = {0};
    document(&b);
    run_on(parser, &b, &xml);
    struct cursor c = {strstr(xml.data, "<document")};
    expect_true("a document", c.p != NULL);
    if (c.p) {
        expect_tag(&c, "document");
        table(&c);
        paragraphs(&c);
    }
    mermaid();
    prose();
    return finish();
}
