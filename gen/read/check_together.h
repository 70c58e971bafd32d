/*
 * What two sandboxes of one machine cannot both have: ids, names and ports. Only where both specs
 * name that machine: one without hosts may be meant for any, and the default uids are too few for
 * all sandboxes of the world to have their own.
 *
 * Ownership: claims outlive the plans that they are of; claims_free() frees them.
 */
#ifndef CHECK_TOGETHER_H
#define CHECK_TOGETHER_H

#include "plan/plan.h"
#include "read/read.h"

/* Of one kind by the order in which a clash is told. */
enum claim_kind {
    CLAIM_AGENT_NAME,
    CLAIM_OUR_NAME, /* of the proxy, the relay, the share */
    CLAIM_OPERATOR, /* used, not taken */
    CLAIM_UID,      /* and the next one, the proxy's */
    CLAIM_SHARE,
    CLAIM_PROXY_PORT,
    CLAIM_PUBLISH,
    CLAIM_LOCAL_PORT, /* used, not taken */
    CLAIM_MANAGED,    /* the settings of an agent */
};

struct claim {
    size_t owner; /* an index of the caller's */
    char *host;
    char *name; /* NULL: a number */
    int64_t number;
    int64_t uid; /* the agent's */
    enum claim_kind kind;
};

struct claims {
    struct claim *v;
    size_t n, cap;
};

void claims_add(struct claims *claims, const struct plan *plan, size_t owner);
/* Moves what is in `from`. */
void claims_take(struct claims *claims, struct claims *from);
void claims_free(struct claims *claims);

/* Two claims of different owners; a's comes first. */
struct clash {
    const struct claim *a, *b;
};
void claims_find(struct claims *claims, void (*found)(const struct clash *clash, void *context),
                 void *context);

/* Tells it of b's spec, beside a sandbox `name` whose spec is at `path`. */
void clash_tell(struct reading *reading, const struct spec *spec, const struct clash *clash,
                const char *name, const char *path);

#endif
