#include "write/write_html.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/sha256.h"
#include "base/utf8.h"

#include <libxml/xmlwriter.h>

#include <inttypes.h>
#include <string.h>

/* A writer to memory fails for two reasons: no memory, or calls that do not balance. */
static void must(int result) {
    if (result < 0)
        die("libxml2 could not write a page");
}

void html_start(struct html *h, struct buf *out) {
    xmlBufferPtr memory = xmlBufferCreate();
    xmlTextWriterPtr writer = memory ? xmlNewTextWriterMemory(memory, 0) : NULL;
    if (!writer)
        die("out of memory");
    *h = (struct html){.out = out, .writer = writer, .memory = memory};
    xmlBufferSetAllocationScheme(memory, XML_BUFFER_ALLOC_DOUBLEIT);
    must(xmlTextWriterWriteDTD(writer, BAD_CAST "html", NULL, NULL, NULL));
    html_open(h, "html");
    html_attribute(h, "lang", "en");
}

void html_finish(struct html *h) {
    html_close(h);
    must(xmlTextWriterFlush(h->writer));
    xmlFreeTextWriter(h->writer);
    buf_add(h->out, xmlBufferContent(h->memory), (size_t)xmlBufferLength(h->memory));
    buf_char(h->out, '\n');
    xmlBufferFree(h->memory);
    *h = (struct html){0};
}

void html_open_(struct html *h, const char *tag) {
    must(xmlTextWriterStartElement(h->writer, BAD_CAST tag));
}

/* "<td/>" would be "<td>" to HTML. */
void html_close(struct html *h) {
    must(xmlTextWriterFullEndElement(h->writer));
}

void html_close_void(struct html *h) {
    must(xmlTextWriterEndElement(h->writer));
}

void html_attribute_(struct html *h, const char *name, const char *value) {
    must(xmlTextWriterWriteAttribute(h->writer, BAD_CAST name, BAD_CAST value));
}

void html_attribute_uint_(struct html *h, const char *name, uint64_t value) {
    struct buf digits BUF_CLEANUP = {0};
    buf_uint(&digits, value);
    html_attribute_(h, name, digits.data);
}

static void add_clean(struct buf *clean, const char *s) {
    for (size_t n; *s; s += n) {
        uint32_t c;
        n = utf8_next(s, &c);
        if (utf8_doubtful(c))
            buf_printf(clean, "[U+%04" PRIX32 "]", c);
        else
            buf_add(clean, s, n);
    }
}

void html_attribute_text_(struct html *h, const char *name, struct text value) {
    struct buf clean BUF_CLEANUP = {0};
    add_clean(&clean, value.s);
    html_attribute_(h, name, clean.len ? clean.data : "");
}

void html_own_(struct html *h, const char *literal) {
    must(xmlTextWriterWriteString(h->writer, BAD_CAST literal));
}

void html_text(struct html *h, struct text text) {
    struct buf clean BUF_CLEANUP = {0};
    add_clean(&clean, text.s);
    if (clean.len)
        must(xmlTextWriterWriteString(h->writer, BAD_CAST clean.data));
}

void html_uint(struct html *h, uint64_t value) {
    struct buf digits BUF_CLEANUP = {0};
    buf_uint(&digits, value);
    must(xmlTextWriterWriteString(h->writer, BAD_CAST digits.data));
}

/* CSP 3, section 6.7.3: the sheet is known by its hash, so that no other style counts. */
void html_style_(struct html *h, const char *css) {
    unsigned char digest[SHA256_SIZE];
    char sri[SHA256_SRI_SIZE];
    struct sha256 sum;
    struct buf policy BUF_CLEANUP = {0};
    sha256_start(&sum);
    sha256_add(&sum, css, strlen(css));
    sha256_end(&sum, digest);
    sha256_sri(digest, sri);
    buf_printf(&policy, "default-src 'none'; style-src '%s'; base-uri 'none'; form-action 'none'",
               sri);
    html_open(h, "meta");
    html_attribute(h, "http-equiv", "Content-Security-Policy");
    html_attribute_(h, "content", policy.data);
    html_close_void(h);
    html_open(h, "style");
    must(xmlTextWriterWriteRaw(h->writer, BAD_CAST css));
    html_close(h);
}
