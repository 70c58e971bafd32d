/*
 * The places of secrets in a request's target; linked with agent-sandbox, too (admit_judge.h). A
 * target is in origin form, as it was sent; what is given back is in it, or in the arena.
 */
#ifndef SLOTS_TARGET_H
#define SLOTS_TARGET_H

#include "engine/bytes.h"
#include "engine/egress.h"

/* Where a placeholder stands first in the path, as it is or with some of it as %XX; s is NULL where
 * it does not. */
struct bytes slots_in_path(struct bytes target, const char *placeholder);
/* Without what slots_in_path() finds. */
struct bytes slots_without_path(struct arena *arena, struct bytes target, const char *placeholder);
/* Without that parameter. */
struct bytes slots_without_query(struct arena *arena, struct bytes target, const char *key);

/* The credential whose placeholder stands where it does not belong, as it is or with some of it as
 * %XX; or NULL. What else the proxy knows a placeholder by (redact.h) is not looked for. */
const struct egress_credential *slots_stray(struct arena *arena, const struct egress *egress,
                                            const struct egress_question *question,
                                            struct bytes target);

#endif
