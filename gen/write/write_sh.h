/*
 * POSIX sh words (IEEE Std 1003.1, Shell Command Language, 2.2.2): what is written here reads back
 * as the very same bytes in dash, bash and zsh, whatever their options, and expands nothing.
 */
#ifndef WRITE_SH_H
#define WRITE_SH_H

#include "base/buf.h"

/* export KEY='…' and a newline; the key is a variable's name of the spec. */
void sh_export(struct buf *b, struct name key, struct text value);

/* KEY=' … ' and a newline; between the two only the inert printers of buf.h, whose character sets
 * hold no quote. */
void sh_begin(struct buf *b, struct name key);
void sh_end(struct buf *b);

#endif
