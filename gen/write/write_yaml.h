/*
 * YAML (1.2.2, and read alike by parsers of 1.1): block style, two spaces, keys in the order in
 * which they are written. A string is a double-quoted scalar, so nothing in it is a number, a tag,
 * an anchor, a comment or an end; what leaves no mark on a screen stands as \uXXXX.
 *
 * Keys are literals, which stand as they are (so never no, on or y, which YAML 1.1 reads as
 * booleans), or names, which are quoted. Calls must balance:
 * yw_map(…) … yw_end(…). In a map each value follows its key; a map or list with nothing in it
 * is {} or []. No list stands right in a list.
 */
#ifndef WRITE_YAML_H
#define WRITE_YAML_H

#include "base/buf.h"

struct yaml_writer {
    struct buf *out;
    unsigned depth;
    uint64_t filled; /* bit d: something already stands at depth d */
    uint64_t list;   /* bit d: depth d is a list */
    bool after_key;
    bool after_dash; /* the next key stands behind a list's dash */
};

void yw_start(struct yaml_writer *y, struct buf *out);
void yw_finish(struct yaml_writer *y);
/* Ends a document, and begins the next one of the same stream. */
void yw_next_document(struct yaml_writer *y);

/* One line, outside of everything. */
void yw_comment_(struct yaml_writer *y, const char *literal);
#define yw_comment(y, literal) yw_comment_((y), "" literal "")
/* The same; what leaves no mark on a screen, and an end of a line, is a question mark there. */
void yw_comment_text(struct yaml_writer *y, struct text text);

void yw_map(struct yaml_writer *y);
void yw_list(struct yaml_writer *y);
void yw_end(struct yaml_writer *y);

void yw_key_(struct yaml_writer *y, const char *literal);
#define yw_key(y, literal) yw_key_((y), "" literal "")
void yw_key_name(struct yaml_writer *y, struct name key);

void yw_literal_(struct yaml_writer *y, const char *literal);
#define yw_string(y, literal) yw_literal_((y), "" literal "")
void yw_name(struct yaml_writer *y, struct name value);
void yw_path(struct yaml_writer *y, struct path value);
void yw_text(struct yaml_writer *y, struct text value);
void yw_uint(struct yaml_writer *y, uint64_t value);
void yw_bool(struct yaml_writer *y, bool value);
/* What the inert printers of buf.h wrote into value. */
void yw_inert(struct yaml_writer *y, const struct buf *value);

#endif
