/* Of grants*.c alone. */
#ifndef GRANTS_PRIVATE_H
#define GRANTS_PRIVATE_H

#include "engine/egress_private.h"
#include "engine/grants.h"

/* What of a grant is no rule. */
struct grant {
    const char *id, *owner;
    bool refuses;
    int64_t until, boot_until, uses; /* 0: not said */
};

struct grants_file {
    struct arena *arena;
    struct egress rules; /* one for each grant, at the same place; nothing else of it is set */
    struct grant *grants;
};

/* Whether one of that id is among them; file may be NULL. */
bool grants_file_names(const struct grants_file *file, const char *id);

#endif
