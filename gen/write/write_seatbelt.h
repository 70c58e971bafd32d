/*
 * String literals of the Seatbelt profile language: Scheme's, as TinyScheme reads them, which the
 * compiler in libsandbox is built on.
 */
#ifndef WRITE_SEATBELT_H
#define WRITE_SEATBELT_H

#include "base/buf.h"

void seatbelt_text(struct buf *out, struct text text);

/* A filter such as (subpath "/private/var/db/x"). The kernel matches resolved names, and on macOS
 * /etc, /tmp and /var are links into /private, so that is where a path below one of them is
 * written. A trailing slash would match nothing; no path of a spec has one. */
#define seatbelt_subpath(out, path) (buf_lit((out), "(subpath "), seatbelt_resolved_((out), (path)))
#define seatbelt_literal(out, path) (buf_lit((out), "(literal "), seatbelt_resolved_((out), (path)))
void seatbelt_resolved_(struct buf *out, struct text path); /* the string and the bracket */

/* (literal "…") for every folder above path, the root first: never nothing, because a rule without
 * filters holds for everything. */
void seatbelt_ancestors(struct buf *out, struct text path);

#endif
