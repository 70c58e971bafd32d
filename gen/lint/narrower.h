/* The rules that would let through what was asked for, and less than one that is there. */
#ifndef NARROWER_H
#define NARROWER_H

#include "base/buf.h"
#include "lint/uses.h"

/* A list of rules, owned by the caller; NULL: none is narrower. why: what of the rule was not asked
 * for, on one line. */
json_t *narrower_rules(struct arena *arena, const struct rule *rule, const struct use *use,
                       struct buf *why);

/* Of a repository's rule: the same to read alone. */
json_t *narrower_access(const struct rule *whole);
/* Whether such a part of it lets something be written. */
bool narrower_is_write(const struct rule *part);

#endif
