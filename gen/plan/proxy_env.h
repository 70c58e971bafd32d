/*
 * The variables that lead programs to the proxy, and make them trust its CA: one table for the
 * session's environment on Linux, the shell's on macOS, and sandbox.json.
 */
#ifndef PROXY_ENV_H
#define PROXY_ENV_H

#include "base/buf.h"
#include "plan/plan.h"

struct proxy_variable {
    const char *name;
    /* Inert: names, numbers and paths only, no quote, no $, no backslash. */
    void (*value)(const struct plan *plan, bool darwin, struct buf *out);
    bool only_darwin;
};

/* Sorted by name. */
extern const struct proxy_variable proxy_variables[];
extern const size_t proxy_variables_count;

/* Whether a spec may set it: all that do not say where the proxy is. The spec's value wins. */
bool proxy_variable_yields(const struct proxy_variable *variable);

/* Whether it is the sandbox that sets it. */
bool proxy_variable_is_ours(const struct proxy_variable *variable, const struct plan *plan,
                            bool darwin);

#endif
