/* flake.nix's holes, and flake.lock: the inputs that the spec's hosts need, and their pins. */
#ifndef RENDER_FLAKE_H
#define RENDER_FLAKE_H

#include "render/template.h"

extern const struct hole flake_holes[];
void render_flake_lock(const struct plan *plan, struct buf *out);

#endif
