/*
 * The letters of a text of JSON (RFC 8259, and nothing more generous), read from the front: what
 * json_place.c and rpc.c have in common. modules/proxy/json_text.py does the same.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "engine/bytes.h"

enum { JSON_DEEPEST = 100 };

struct scan {
    const char *at, *end;
};

bool scan_is_utf8(struct bytes text); /* RFC 3629 */
void scan_space(struct scan *s);
bool scan_is_at(const struct scan *s, char c);
bool scan_take(struct scan *s, char c);
/* From behind its first quote to behind its last; false: it is none. */
bool scan_string(struct scan *s);
/* true, false, null or a number. */
bool scan_scalar(struct scan *s);
/* Any value; depth: of what it stands in. */
bool scan_value(struct scan *s, size_t depth);
/* What a string says that stands there with its quotes, in the arena. A half of a surrogate pair is
 * three bytes, as if it were a character. */
struct bytes scan_said(struct arena *arena, struct bytes literal);
/* Whether some readers take these names of members for the same: they differ in capitals alone. */
bool scan_alike(struct bytes a, struct bytes b);

#endif
