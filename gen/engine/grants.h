/*
 * What operators have granted while the engine runs: rules with an end, in files of root's that
 * modules/host/grants_files.py describes; modules/proxy/grants.py, in C. They are asked only where
 * no rule of the policy allows a request.
 */
#ifndef GRANTS_H
#define GRANTS_H

#include "engine/egress.h"

enum { GRANTS_FILES = 2, GRANTS_LONGEST = 1024 * 1024, GRANTS_MOST = 1000 };

struct grants;

/* complain: one was not taken up, and what it said before goes on. changed: one was. */
struct grants_events {
    void (*complain)(const char *path, const char *why);
    void (*changed)(void);
};

/* None of them need be there. The paths are kept, not copied. */
struct grants *grants_new(const char *const *paths, size_t count, struct grants_events events);
void grants_free(struct grants *grants); /* NULL is none */
/* Takes changed files up. */
void grants_refresh(struct grants *grants);

struct granted {
    enum { GRANTS_NOTHING, GRANTS_ALLOW, GRANTS_REFUSE } says;
    const char *id, *owner; /* in the arena */
};

/* Of a request that the policy's rules do not allow. Where it is allowed, its use is counted. */
void grants_ask(struct grants *grants, const struct egress *egress,
                const struct egress_question *question, struct date today, struct arena *arena,
                struct granted *out);

/* One file's text: NULL, or why it is none (in scratch). For tests; grants_refresh() reads so. */
struct grants_file;
const char *grants_parse(const char *text, size_t length, struct arena *scratch,
                         struct grants_file **file);
void grants_file_free(struct grants_file *file);

#endif
