/*
 * Mostly fixed outputs: a file of templates/ with {{name}} holes, and nothing else than holes.
 *
 * A hole is filled by a C function that writes through the typed writers. Holes for names and
 * numbers that every output may need (name, prefix, table, agent, agent_uid, proxy, proxy_uid,
 * relay, share, share_gid, proxy_port, relay_port, linux_home, darwin_home, state, current, run,
 * ...) are in template.c; a renderer adds its own table. A line that holds one hole and nothing
 * else disappears, newline included: such a hole writes whole lines, or none.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "base/buf.h"
#include "plan/plan.h"

struct hole {
    const char *name;
    void (*fill)(const struct plan *plan, struct buf *out);
};

/* holes ends with a row whose name is NULL; NULL stands for none. An unknown hole aborts: it is
 * our own mistake, and a test renders every template. */
void template_fill(const char *text, size_t length, const struct hole *holes,
                   const struct plan *plan, struct buf *out);

#endif
