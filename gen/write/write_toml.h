/*
 * Basic strings of TOML 1.0 (toml.io/en/v1.0.0#string), which may also stand as keys. What cannot
 * be seen, or turns the reading order, is written as its number.
 */
#ifndef WRITE_TOML_H
#define WRITE_TOML_H

#include "base/buf.h"

void toml_text(struct buf *out, struct text text);
void toml_host(struct buf *out, struct host_pattern host);
void toml_path(struct buf *out, struct path path);

#endif
