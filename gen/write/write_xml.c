#include "write/write_xml.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/utf8.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>

/* plist(5); launchd itself reads the file without the DTD. */
#define PUBLIC_ID "-//Apple//DTD PLIST 1.0//EN"
#define SYSTEM_ID "http://www.apple.com/DTDs/PropertyList-1.0.dtd"

/* A writer to memory fails for two reasons: no memory, or calls that do not balance. */
static void must(int result) {
    if (result < 0)
        die("libxml2 could not write a property list");
}

void plists_in_threads(void) {
    xmlInitParser();
}

void plist_start(struct plist *p, struct buf *out) {
    xmlBufferPtr memory = xmlBufferCreate();
    xmlTextWriterPtr writer = memory ? xmlNewTextWriterMemory(memory, 0) : NULL;
    if (!writer)
        die("out of memory");
    *p = (struct plist){.out = out, .writer = writer, .memory = memory};
    must(xmlTextWriterSetIndent(writer, 1));
    must(xmlTextWriterSetIndentString(writer, BAD_CAST "  "));
    must(xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL));
    must(xmlTextWriterWriteDTD(writer, BAD_CAST "plist", BAD_CAST PUBLIC_ID, BAD_CAST SYSTEM_ID,
                               NULL));
    must(xmlTextWriterStartElement(writer, BAD_CAST "plist"));
    must(xmlTextWriterWriteAttribute(writer, BAD_CAST "version", BAD_CAST "1.0"));
}

void plist_finish(struct plist *p) {
    must(xmlTextWriterEndDocument(p->writer));
    xmlFreeTextWriter(p->writer); /* writes what it still holds into memory */
    buf_str(p->out, (const char *)xmlBufferContent(p->memory));
    xmlBufferFree(p->memory);
    *p = (struct plist){0};
}

void plist_dict(struct plist *p) {
    must(xmlTextWriterStartElement(p->writer, BAD_CAST "dict"));
}

void plist_array(struct plist *p) {
    must(xmlTextWriterStartElement(p->writer, BAD_CAST "array"));
}

void plist_end(struct plist *p) {
    must(xmlTextWriterEndElement(p->writer));
}

/* Production Char of XML 1.0, without the surrogates, which UTF-8 cannot spell. */
static bool is_xml_char(uint32_t c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

static void element(struct plist *p, const char *tag, const char *content) {
    struct buf clean BUF_CLEANUP = {0};
    for (const char *s = content; *s;) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (is_xml_char(c) && (c != 0xfffd || n > 1))
            buf_add(&clean, s, n);
        else
            buf_lit(&clean, "\xef\xbf\xbd");
        s += n;
    }
    must(
        xmlTextWriterWriteElement(p->writer, BAD_CAST tag, BAD_CAST(clean.data ? clean.data : "")));
}

void plist_key_(struct plist *p, const char *literal) {
    element(p, "key", literal);
}

void plist_literal_(struct plist *p, const char *literal) {
    element(p, "string", literal);
}

void plist_name(struct plist *p, struct name value) {
    element(p, "string", value.s);
}

void plist_path(struct plist *p, struct path value) {
    element(p, "string", value.s);
}

void plist_text(struct plist *p, struct text value) {
    element(p, "string", value.s);
}

void plist_inert(struct plist *p, const struct buf *value) {
    element(p, "string", value->len ? value->data : "");
}

void plist_uint(struct plist *p, uint64_t value) {
    struct buf digits BUF_CLEANUP = {0};
    buf_uint(&digits, value);
    element(p, "integer", digits.data);
}

void plist_bool(struct plist *p, bool value) {
    must(xmlTextWriterStartElement(p->writer, value ? BAD_CAST "true" : BAD_CAST "false"));
    must(xmlTextWriterEndElement(p->writer));
}
