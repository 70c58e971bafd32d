/* Values of git-config(1) files ("Syntax"): what is written reads back as the same bytes. */
#ifndef WRITE_GITCONFIG_H
#define WRITE_GITCONFIG_H

#include "base/buf.h"

/* One quoted value: what stands behind "key = ". */
void gitconfig_value(struct buf *b, struct text text);

#endif
