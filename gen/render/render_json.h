/* The JSON files of an emitted repository: for its Nix modules, its proxy, and the next render. */
#ifndef RENDER_JSON_H
#define RENDER_JSON_H

#include "base/buf.h"
#include "plan/plan.h"

void render_sandbox(const struct plan *plan, struct buf *out); /* sandbox.json */
void render_policy(const struct plan *plan, struct buf *out);  /* proxy/policy.json */
void render_spec(const struct plan *plan, struct buf *out);    /* spec.json */

#endif
