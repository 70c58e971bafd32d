/*
 * policy.json, read and asked: modules/proxy/policy.py and policy_file.py, in C. Every key is known
 * and every type is checked: a key that is ignored could be a limit that is not enforced.
 */
#ifndef EGRESS_H
#define EGRESS_H

#include "base/values.h"
#include "engine/ceiling.h"
#include "engine/target.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct egress_host {
    const char *host;
    bool suffix; /* *.host */
};

/* What a login has of its service; each has its own placeholder. */
enum egress_token { LOGIN_ACCESS, LOGIN_REFRESH, LOGIN_ID, LOGIN_TOKENS };

/* Where tokens are given out, or revoked. */
struct egress_endpoint {
    const char *host;
    int port;
    const char *path;
    bool json;     /* asked in JSON; else as a form */
    bool is_other; /* asked by the agent with its access token, for one that is not kept */
    const char *pointer[LOGIN_TOKENS]; /* into its answer; NULL where it only revokes */
    const char *expires_in;
};

struct egress_login {
    const char *name;
    struct egress_endpoint *tokens;
    size_t token_count;
    struct egress_endpoint *revoke;   /* or NULL */
    const char *marker[LOGIN_TOKENS]; /* what is in each placeholder */
    const char *prefix[LOGIN_TOKENS]; /* ... and stands in front of it; maybe "" */
    const char *client_id;            /* or NULL: the agent's own login says it */
    const char
        *resource; /* the URL of an MCP server, each request to which gets the token; or NULL */
    struct forms *forms[LOGIN_TOKENS]; /* of the markers; egress_load() */
};

/* Where a secret is kept, and where in a request it goes. */
struct egress_credential {
    const char *name;
    const struct egress_login *login; /* its access token is the secret; NULL: there is a source */
    enum { EGRESS_FILE, EGRESS_SYSTEMD, EGRESS_KEYCHAIN, EGRESS_COMMAND } source;
    const char *source_name;
    struct egress_host *hosts;
    size_t host_count;
    const char *const *paths; /* compiled: target.h; NULL at the end; NULL: every path */
    const char *path_list;    /* as they are written, ", " between them; or NULL */
    bool ask;                 /* without its placeholder a request does not get it */
    enum {
        SLOT_HEADER,
        SLOT_BEARER,
        SLOT_BASIC,
        SLOT_QUERY,
        SLOT_AUTHORIZATION,
        SLOT_PATH,
        SLOT_AWS,
        SLOT_JSON
    } slot;
    const char *slot_name; /* header: in lower case; basic: the user; query: key; authorization: the
                              word; json: the pointer */
    const char *placeholder; /* or NULL */
    struct ceiling_set ceilings;
    struct forms *placeholder_forms;
};

/* Certificates that those of servers may be signed by, besides the system's authorities. */
struct egress_authority {
    const char *certificates;  /* PEM */
    unsigned char digest[32];  /* of these: SHA-256 */
    struct egress_host *hosts; /* none: every host */
    size_t host_count;
};

/* Of tcp and tls nothing is read but names and ports. */
enum egress_scheme { EGRESS_HTTPS, EGRESS_HTTP, EGRESS_TCP, EGRESS_TLS };

/* Another proxy, which what leaves goes through. */
#define UPSTREAM_PASSWORD "upstream" /* its name among the secrets */

/* The ranges of addresses that a host may have besides public ones. */
struct ranges {
    const struct cidr *v;
    size_t n;
};

struct egress_upstream {
    const char *host;
    int port;
    bool tls; /* which it is spoken to in */
    struct ranges addresses;
    const char *user;                  /* or NULL */
    struct egress_credential password; /* where it is kept, no more */
    struct egress_host *except;        /* what is connected to without it */
    size_t except_count;
};

/* Where it stands when the versions of packages were published: an npm registry, or PyPI's simple
 * API. */
struct package_place {
    enum package_source { PACKAGES_OF_NPM, PACKAGES_OF_PYPI } kind;
    const char *host;
    int port;
    const char *path; /* empty, or /a/b */
};

/* What operators may grant at most, or what is asked about; seconds: for how long. */
struct egress_grantable {
    struct egress_host *hosts; /* NULL: any; with host_count */
    size_t host_count;
    const char *const *methods; /* NULL at the end; NULL: any */
    int64_t seconds;
};

struct grants;       /* grants.h */
struct egress_rule;  /* egress_private.h */
struct egress_index; /* egress_private.h */

struct egress {
    const char *sandbox, *listen_host;
    int listen_port;
    bool audit;
    size_t rule_count, denied_count, aged_count, mcp_count, credential_count, authority_count,
        login_count;
    struct egress_login *logins; /* their credentials stand behind all others */
    struct egress_authority *authorities;
    struct egress_rule *rules, *denied, *aged, *mcp; /* aged: under a cooldown; mcp: servers */
    struct egress_credential *credentials;
    struct egress_upstream *upstream; /* or NULL */
    struct egress_grantable *grants;  /* NULL: nothing may be granted */
    struct egress_grantable *ask;     /* NULL: nobody is asked */
    struct grants *granted;           /* what they have granted; not owned; or NULL */
    struct egress_index *index;
    struct arena *arena; /* holds all of it */
};

/* For deciding alone: freed with arena_free(egress->arena). NULL and *problem ("rules[3].ports: one
 * or more"; free with free()) when it is not usable. */
struct egress *egress_parse(const char *text, size_t length, char **problem);
/* The same with what the proxy needs besides: placeholders are found, certificates looked at. */
struct egress *egress_load(const char *text, size_t length, char **problem);
void egress_free(struct egress *egress); /* NULL is none */
/* What was counted so far counts for those rules and credentials that stand in the new policy, too.
 */
void egress_take_over(struct egress *egress, const struct egress *old); /* old may be NULL */

/* Nothing is counted any more: to be done before it is freed, and by those who only ask what would
 * be. */
void egress_drop_ceilings(struct egress *egress);

struct egress_question {
    const char *host;
    int port;
    bool tls; /* https */
    const char *method;
    const struct target *target;
    bool websocket;
    uint64_t length; /* of the body, where the request says it; else 0 */
    bool peeks;      /* it is asked again: nothing is counted */
};

/* What is asked for, as a refusal says it: "GET HOST/PATH". */
const char *egress_words(const struct egress_question *question, struct arena *arena);

struct egress_answer {
    bool allowed;
    bool denied;   /* by a rule's "deny", whose number among the denied ones is rule */
    size_t rule;   /* its number, where allowed, or where its ceiling is reached */
    int64_t again; /* 0, or when a rule whose ceiling is reached lets through again */
    const struct ceiling_set *ceilings; /* of that rule, where allowed; the policy's */
    const char *owner;                  /* of that rule, or of the one that denies it; or NULL */
    const char *reason;                 /* where it is not allowed; in the arena */
    json_t *missing;                    /* where it is not allowed: the caller's to json_decref() */
    bool wanting;      /* nothing but that rule is missing, and it allows nothing besides */
    const char *grant; /* the id of what allows it in place of a rule; or NULL */
};

/* What is asked for, as a refusal says it: "GET example.org/a". */
const char *egress_words(const struct egress_question *question, struct arena *arena);
void egress_ask(const struct egress *egress, const struct egress_question *question,
                struct date today, struct arena *arena, struct egress_answer *answer);
/* Calls found with the number of each of these rules that would allow it alone, unless one denies
 * it; nothing is counted. */
void egress_each(const struct egress *egress, const struct egress_question *question,
                 struct date today, struct arena *arena, const size_t *rules, size_t n,
                 void (*found)(size_t rule, void *context), void *context);
/* Of a host, on that port: those of all its rules that are not expired, each once. */
struct ranges egress_addresses(const struct egress *egress, const char *host, int port,
                               struct date today, struct arena *arena);
/* The copy's v is free()d. */
struct ranges ranges_copy(struct ranges ranges);
bool ranges_equal(struct ranges a, struct ranges b);
/* Whether any rule of that host names some, on whatever port and day. */
bool egress_names_addresses(const struct egress *egress, const char *host);
bool egress_trusts(const struct egress_authority *authority, const char *host);
/* Whether a rule whose requests are read has it. */
bool egress_speaks_of_port(const struct egress *egress, int port);

/* Whether it goes to an MCP server: what is said there is read, whichever rule lets it through. */
bool egress_speaks_mcp(const struct egress *egress, const struct egress_question *question,
                       struct arena *arena);
/* What its entries say of one of its tools. */
struct egress_tool {
    bool allowed;
    const char *url, *owner; /* of the one that allows it, else of the first; owner may be NULL */
    struct date expired;     /* of one that did allow it; else year 0 */
};
void egress_ask_tool(const struct egress *egress, const struct egress_question *question,
                     const char *tool, struct date today, struct arena *arena,
                     struct egress_tool *out);

/* The patterns of those that may be called there, each once for each entry that has it; NULL at the
 * end. */
const char **egress_tools(const struct egress *egress, const struct egress_question *question,
                          struct date today, struct arena *arena);

/* A connection of which nothing is read. */
struct egress_tunnel {
    enum egress_scheme scheme; /* EGRESS_TCP or EGRESS_TLS: of the rule, or of the one missing */
    bool named;                /* a rule has this host and port, though it may have expired */
    struct egress_answer answer;
};
/* Where it is allowed although its rule's ceiling is reached, answer has reason and again. */
void egress_ask_tunnel(const struct egress *egress, const char *host, int port, struct date today,
                       struct arena *arena, struct egress_tunnel *tunnel);
/* Whether what operators may grant has this host and method. */
bool egress_is_grantable(const struct egress_grantable *most, const char *host, const char *method);
const char *egress_scheme_word(enum egress_scheme scheme);
int egress_usual_port(bool tls);
bool egress_host_is_among(const struct egress_host *hosts, size_t count, const char *host);
/* The login whose token endpoint is asked, by whatever reading of the path; else NULL. */
const struct egress_login *egress_login_at(const struct egress *egress,
                                           const struct egress_question *question,
                                           const struct egress_endpoint **endpoint);
const struct egress_login *egress_login(const struct egress *egress,
                                        const char *name); /* or NULL */
bool egress_bound_to(const struct egress_credential *credential, const char *host);
bool egress_goes_to(const struct egress_credential *credential, const struct target *target);

#endif
