#include "render/template.h"
#include "base/buf_raw.h"
#include "base/die.h"

#include <string.h>

/* One function per hole, so that a hole can never print another type's bytes. */
#define NAME_HOLE(field)                                                                           \
    static void fill_##field(const struct plan *plan, struct buf *out) {                           \
        buf_name(out, plan->field);                                                                \
    }
#define PATH_HOLE(field)                                                                           \
    static void fill_##field(const struct plan *plan, struct buf *out) {                           \
        buf_path(out, plan->field);                                                                \
    }
#define UINT_HOLE(field)                                                                           \
    static void fill_##field(const struct plan *plan, struct buf *out) {                           \
        buf_uint(out, plan->field);                                                                \
    }

NAME_HOLE(name)
NAME_HOLE(prefix)
NAME_HOLE(table)
NAME_HOLE(agent)
NAME_HOLE(proxy)
NAME_HOLE(relay)
NAME_HOLE(share)
NAME_HOLE(veth_host)
NAME_HOLE(veth_agent)
UINT_HOLE(agent_uid)
UINT_HOLE(proxy_uid)
UINT_HOLE(share_gid)
UINT_HOLE(proxy_port)
UINT_HOLE(relay_port)
PATH_HOLE(linux_home)
PATH_HOLE(darwin_home)
PATH_HOLE(state)
PATH_HOLE(current)
PATH_HOLE(secrets)
PATH_HOLE(run)
PATH_HOLE(darwin_state)
PATH_HOLE(darwin_current)
PATH_HOLE(darwin_run)

static void fill_shell(const struct plan *plan, struct buf *out) {
    if (plan->spec->user.shell == SHELL_ZSH)
        buf_lit(out, "zsh");
    else
        buf_lit(out, "bash");
}

#define ROW(field)                                                                                 \
    { #field, fill_##field }
static const struct hole common[] = {
    ROW(name),         ROW(prefix),         ROW(table),      ROW(agent),      ROW(proxy),
    ROW(relay),        ROW(share),          ROW(veth_host),  ROW(veth_agent), ROW(agent_uid),
    ROW(proxy_uid),    ROW(share_gid),      ROW(proxy_port), ROW(relay_port), ROW(linux_home),
    ROW(darwin_home),  ROW(state),          ROW(current),    ROW(secrets),    ROW(run),
    ROW(darwin_state), ROW(darwin_current), ROW(darwin_run), ROW(shell),      {NULL, NULL},
};

static const struct hole *find(const struct hole *holes, const char *name, size_t n) {
    for (; holes && holes->name; holes++)
        if (strlen(holes->name) == n && memcmp(holes->name, name, n) == 0)
            return holes;
    return NULL;
}

/* The next "{{" of the text, or its end. */
static const char *next_hole(const char *p, const char *end) {
    for (; end - p >= 2; p++)
        if (p[0] == '{' && p[1] == '{')
            return p;
    return end;
}

static const char *hole_end(const char *p, const char *end) {
    for (; end - p >= 2; p++)
        if (p[0] == '}' && p[1] == '}')
            return p;
    die("a template's hole is not closed");
}

void template_fill(const char *text, size_t length, const struct hole *holes,
                   const struct plan *plan, struct buf *out) {
    const char *p = text, *end = text + length;
    while (p < end) {
        const char *open = next_hole(p, end);
        buf_add(out, p, (size_t)(open - p));
        if (open == end)
            return;
        const char *name = open + 2, *close = hole_end(name, end);
        size_t n = (size_t)(close - name);
        const struct hole *hole = find(holes, name, n);
        if (!hole)
            hole = find(common, name, n);
        if (!hole)
            die("no hole is called {{%.*s}}", (int)n, name);
        hole->fill(plan, out);
        p = close + 2;
        bool alone = (open == text || open[-1] == '\n') && p < end && *p == '\n';
        if (alone)
            p++;
    }
}
