/* Which rule lets through all that another one does, so that the other one changes nothing. */
#ifndef POLICY_COVER_H
#define POLICY_COVER_H

#include "base/arena.h"
#include "spec/spec.h"

struct policy_cover;

/* In the arena, as is all that it needs later. */
struct policy_cover *policy_cover_make(struct arena *arena, const struct spec *spec);

/* One of network.rules that alone does all that this one of them does, for as long; of two that do
 * the same, the one in front. NULL where there is none, or it would take too long to say. */
const struct rule *policy_cover_find(struct policy_cover *cover, const struct rule *rule);

/* Calls found for each rule that has this host and a path that lets this one through, in whatever
 * case where the rule's are so; it may be called twice for one. The path has no wildcard and no
 * %2F, and is spelled in one way (url_path.h). */
void policy_cover_each(struct policy_cover *cover, const char *host, const char *path,
                       void (*found)(const struct rule *rule, void *context), void *context);

/* Of the rule's own paths, one that lets through all that this one does; or NULL. */
const struct text *policy_cover_path(struct policy_cover *cover, const struct rule *rule,
                                     size_t path);

/* The same of network.cidrs. */
const struct cidr_rule *policy_cover_cidr(const struct spec *spec, const struct cidr_rule *rule);

#endif
