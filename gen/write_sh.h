/*
 * POSIX sh words (IEEE Std 1003.1, Shell Command Language, 2.2.2): what is written here reads back
 * as the very same bytes in dash, bash and zsh, whatever their options, and expands nothing.
 */
#ifndef WRITE_SH_H
#define WRITE_SH_H

#include "buf.h"

/* One single-quoted word. */
void sh_text(struct buf *b, struct text text);

/* KEY='…' and a newline; the key is a literal, or a variable's name of the spec. */
#define sh_assign(b, key, text) (sh_begin((b), key), sh_inside_((b), (text)), sh_end(b))
void sh_assign_name(struct buf *b, struct name key, struct text value);
void sh_export(struct buf *b, struct name key, struct text value);

/* KEY=' … ' and a newline; between the two only the inert printers of buf.h, whose character sets
 * hold no quote. Several inert words stand behind sh_item() each: one list, split by spaces. */
#define sh_begin(b, key) buf_lit((b), key "='")
void sh_begin_name(struct buf *b, struct name key);
void sh_item(struct buf *b);
void sh_end(struct buf *b);

void sh_inside_(struct buf *b, struct text text);

#endif
