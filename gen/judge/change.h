/* Whether a change that explain proposes is a spec, and does what it is proposed for. */
#ifndef CHANGE_H
#define CHANGE_H

#include "judge/explain.h"

/* explain() without the trial. */
const char *explain_once(struct reading *reading, const struct plan *plan,
                         const struct question *question, struct explained *out);

/* A rule with what the spec's own "require" asks of each, in words that its author puts others for.
 */
void change_complete(const struct spec *spec, json_t *rule);

/* Where it is not, or does not, the change goes, and no_change says why. */
void change_try(struct reading *reading, const struct plan *plan, const struct question *question,
                struct explained *out);

#endif
