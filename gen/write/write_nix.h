/*
 * Nix expressions, as Nix 2.8 and later read them.
 *
 * Nearly all Nix that we emit is fixed text which reads its data from sandbox.json; what is
 * written here is what must stand in the code itself. Every '$' is escaped, so that no text can
 * open an interpolation, and what leaves no mark on a screen is refused a place in the file:
 * it goes through builtins.fromJSON, which knows \u escapes while Nix strings do not.
 */
#ifndef WRITE_NIX_H
#define WRITE_NIX_H

#include "base/buf.h"

/* A string expression, in parentheses where it is not one literal. */
void nix_string(struct buf *out, struct text value);

/* One attribute's name: bare where the grammar allows it, a string otherwise. */
void nix_attribute(struct buf *out, struct name name);

/* A line break and the depth's indentation, two spaces each (RFC 166). */
void nix_line(struct buf *out, unsigned depth);

#endif
