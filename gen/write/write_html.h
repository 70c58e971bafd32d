/*
 * HTML (the living standard) that shows a user's words and nothing else: no string makes a tag, an
 * entity, a style or a script, and characters that cannot be seen, or turn the reading order, stand
 * as their number: [U+202E]. Written by libxml2, in the form that is XML, too.
 *
 * Calls must balance: html_open(…) … html_close(…). Attributes follow html_open() at once.
 */
#ifndef WRITE_HTML_H
#define WRITE_HTML_H

#include "base/buf.h"

struct html {
    struct buf *out;
    void *writer, *memory; /* libxml2's, owned from html_start() to html_finish() */
};

/* The doctype, and the element html, in English; head and body are the caller's. */
void html_start(struct html *h, struct buf *out);
void html_finish(struct html *h);

void html_open_(struct html *h, const char *tag);
#define html_open(h, tag) html_open_((h), "" tag "")
void html_close(struct html *h);
/* Of an element that never has content (br, meta), or one of SVG's. */
void html_close_void(struct html *h);

void html_attribute_(struct html *h, const char *name, const char *value);
#define html_attribute(h, name, literal) html_attribute_((h), "" name "", "" literal "")
void html_attribute_uint_(struct html *h, const char *name, uint64_t value);
#define html_attribute_uint(h, name, value) html_attribute_uint_((h), "" name "", (value))
void html_attribute_text_(struct html *h, const char *name, struct text value);
#define html_attribute_text(h, name, value) html_attribute_text_((h), "" name "", (value))

void html_own_(struct html *h, const char *literal);
#define html_own(h, literal) html_own_((h), "" literal "")
void html_text(struct html *h, struct text text);
void html_uint(struct html *h, uint64_t value);

/* The head's policy (CSP), under which the page loads nothing and runs nothing, and its one style
 * sheet; css: without "<". */
void html_style_(struct html *h, const char *css);
#define html_style(h, literal) html_style_((h), "" literal "")

#endif
