/*
 * String literals of Ruby (doc/syntax/literals.rdoc): a Brewfile is a Ruby program. Every '#' is
 * escaped, so that no text can open an interpolation.
 */
#ifndef WRITE_RUBY_H
#define WRITE_RUBY_H

#include "base/buf.h"

void ruby_text(struct buf *out, struct text text);
void ruby_name(struct buf *out, struct name name);

#endif
