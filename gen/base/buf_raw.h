/* The raw entry of struct buf: for write_*.c, template.c and doc_*.c alone. */
#ifndef BUF_RAW_H
#define BUF_RAW_H

#include "base/buf.h"

void buf_add(struct buf *b, const void *data, size_t n);
/* Room for n more bytes behind those that are there. */
void buf_room(struct buf *b, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
