/* Why something is allowed or denied: by what of the spec, and what would turn that round. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "judge/judge.h"

struct question {
    enum {
        ASK_URL,        /* what: the URL */
        ASK_CONNECT,    /* HOST:PORT */
        ASK_PORT,       /* number: of the host's loopback */
        ASK_CREDENTIAL, /* its name */
        ASK_SOCKET,     /* the path of a unix socket */
        ASK_PATH        /* an absolute path */
    } kind;
    const char *what, *method;
    int64_t number;
};

struct explained {
    bool allowed;
    const char *why;            /* in a sentence */
    written at;                 /* the object that says so, where one does */
    const char *key;            /* of it, or NULL */
    const char *item;           /* of that key's list, or NULL */
    const char *pointer;        /* RFC 6901, into what resolve prints */
    const char *owner, *reason; /* or NULL */
    struct date until;
    const char *const *tools; /* of an MCP server: patterns, NULL at the end; NULL: it is none */
    json_t *credentials;      /* [{"name", "ask", "placeholder"}, ...]: explained_clear() */
    /* The smallest change that would turn it round: merged into the spec, or taken out of what
     * resolve prints. Neither: no_change says why. */
    json_t *add; /* explained_clear() */
    const char *remove, *no_change;
    size_t choices; /* not 0: remove is a list of so many, one of which is to go */
};

/* NULL, or why the question is none. All in the reading's arena. */
const char *explain(struct reading *reading, const struct plan *plan,
                    const struct question *question, struct explained *out);
void explained_clear(struct explained *explained);

/* Of one policy alone, which knows no places. */
const char *explain_policy(const struct judge *judge, const struct question *question,
                           struct arena *arena, struct explained *out);

#endif
