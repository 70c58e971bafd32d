/*
 * JSON (RFC 8259): two spaces, one item a line, keys in the order in which they are written.
 * Invisible and bidirectional control characters are written as \uXXXX, so that a reviewer sees
 * them; everything else that UTF-8 can say stays readable.
 *
 * Keys are literals, names, or text (an object keyed by what a user wrote). Calls must balance:
 * jw_object(…) … jw_end(…). In an object each value follows its key; in an array values
 * follow each other. The document ends with a newline, written by jw_finish().
 */
#ifndef WRITE_JSON_H
#define WRITE_JSON_H

#include "base/buf.h"

struct json_writer {
    struct buf *out;
    unsigned depth;
    uint64_t filled; /* bit d: something already stands at depth d */
    uint64_t array;  /* bit d: depth d is an array */
    bool after_key;
};

void jw_start(struct json_writer *j, struct buf *out);
void jw_finish(struct json_writer *j);

void jw_object(struct json_writer *j);
void jw_array(struct json_writer *j);
void jw_end(struct json_writer *j);

void jw_key_(struct json_writer *j, const char *literal);
#define jw_key(j, literal) jw_key_((j), "" literal "")
void jw_key_name(struct json_writer *j, struct name key);
void jw_key_text(struct json_writer *j, struct text key);

void jw_literal_(struct json_writer *j, const char *literal);
#define jw_string(j, literal) jw_literal_((j), "" literal "")
void jw_name(struct json_writer *j, struct name value);
void jw_path(struct json_writer *j, struct path value);
void jw_text(struct json_writer *j, struct text value);
void jw_uint(struct json_writer *j, uint64_t value);
void jw_bool(struct json_writer *j, bool value);
/* What the inert printers of buf.h wrote into value: a host, a CIDR, a date. */
void jw_inert(struct json_writer *j, const struct buf *value);

#endif
