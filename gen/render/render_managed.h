/*
 * What coding agents read as their administrator's settings, so that the same agent is held to the
 * same hosts where somebody starts it outside of the sandbox. Values and what they mean: each
 * agent's own schema, as the programs themselves say it to tests/live/managed.sh.
 */
#ifndef RENDER_MANAGED_H
#define RENDER_MANAGED_H

#include "base/buf.h"
#include "plan/plan.h"
#include "write/write_json.h"

void render_managed_claude(const struct plan *plan, struct buf *out);
void render_managed_codex(const struct plan *plan, struct buf *out);
void render_managed_copilot(const struct plan *plan, struct buf *out);
void render_managed_gemini(const struct plan *plan, struct buf *out);

/* The host of a rule at or behind index *i, and *i behind all rules of that host; false: no more.
 */
bool managed_next_host(const struct plan *plan, size_t *i, struct host_pattern *host);

/* A boolean below a key. */
#define managed_bool(j, literal, value)                                                            \
    do {                                                                                           \
        jw_key((j), literal);                                                                      \
        jw_bool((j), (value));                                                                     \
    } while (0)

#endif
