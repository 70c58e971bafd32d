/*
 * A file whose whole content is one text of the spec: a dotfile. There is no language around the
 * text, so there is nothing to escape; in any other file this would be a mistake.
 */
#ifndef WRITE_VERBATIM_H
#define WRITE_VERBATIM_H

#include "base/buf.h"

void verbatim_file(struct buf *empty, struct text content);

#endif
