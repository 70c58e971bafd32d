/*
 * XML property lists, as launchd.plist(5) and plist(5) describe them; the only user of libxml2.
 *
 * Keys are literals. What stands in a string may be anything: libxml2 escapes it. What no XML 1.0
 * document can hold (section 2.2, production Char: control characters, U+FFFE, U+FFFF) would make
 * the whole file unreadable, so each such character becomes U+FFFD.
 *
 * Calls must balance: plist_dict(…) … plist_end(…). In a dict each value follows its key.
 */
#ifndef WRITE_XML_H
#define WRITE_XML_H

#include "base/buf.h"

struct plist {
    struct buf *out;
    void *writer, *memory; /* libxml2's, owned from plist_start() to plist_finish() */
};

/* To be called once before several threads write. */
void plists_in_threads(void);

void plist_start(struct plist *p, struct buf *out);
void plist_finish(struct plist *p);

void plist_dict(struct plist *p);
void plist_array(struct plist *p);
void plist_end(struct plist *p);

void plist_key_(struct plist *p, const char *literal);
#define plist_key(p, literal) plist_key_((p), "" literal "")

void plist_literal_(struct plist *p, const char *literal);
#define plist_string(p, literal) plist_literal_((p), "" literal "")
void plist_name(struct plist *p, struct name value);
void plist_path(struct plist *p, struct path value);
void plist_text(struct plist *p, struct text value);
void plist_uint(struct plist *p, uint64_t value); /* launchd reads decimal only: umask 077 is 63 */
void plist_bool(struct plist *p, bool value);
/* What the inert printers of buf.h wrote into value: a name with a fixed ending, a path below. */
void plist_inert(struct plist *p, const struct buf *value);

#endif
