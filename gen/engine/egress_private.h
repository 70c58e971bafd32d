/* Of egress*.c alone: rules, how they are found, and the reading of JSON. */
#ifndef EGRESS_PRIVATE_H
#define EGRESS_PRIVATE_H

#include "engine/egress.h"
#include "spec/url_query.h"

enum { PORT_BITS = 64, PORT_WORDS = 65536 / PORT_BITS };

/* What is read, and the first that is wrong with it; all functions do nothing more once there is
 * something. */
struct egress_reading {
    struct arena *arena, *scratch; /* what is kept, and what is not */
    const char *wrong;             /* in scratch */
};

/* Of a rule or a credential, which is item; whose: how a refusal calls it. */
void egress_read_ceilings(struct egress_reading *r, const json_t *item, const char *where,
                          const char *whose, bool may_share, struct ceiling_set *ceilings);

struct egress_rule {
    struct egress_host host;
    const char *const *methods;   /* NULL at the end, as in paths; no lists where nothing is read */
    const char *const *paths;     /* compiled: target.h */
    const int *ports;             /* 0 at the end */
    const struct cidr *addresses; /* besides public ones */
    size_t address_count;
    struct url_query *query;
    size_t query_count; /* 0: any */
    enum egress_scheme scheme;
    bool websocket, ignore_case;
    struct ceiling_set ceilings; /* may be those of other rules, too */
    int64_t seconds;             /* of a cooldown, as index */
    struct package_place index;
    const char *const *tools; /* of an MCP server: patterns */
    const char *url;          /* ... and where it is */
    const char *owner;        /* or NULL */
    struct date expires;      /* year 0: never */
    size_t next;              /* the next one of the same host, or NO_RULE */
};
#define NO_RULE ((size_t)-1)

/* Open addressing, at most half full; one for exact names and one for suffixes. */
struct egress_table {
    struct egress_slot {
        const char *host; /* NULL: free */
        size_t first, last;
    } * slots;
    size_t size; /* a power of two */
};

struct egress_index {
    struct egress_table exact, suffix, denied_exact, denied_suffix, aged_exact, aged_suffix, mcp;
    uint64_t ports[PORT_WORDS];     /* that any rule speaks of whose requests are read */
    bool any_addresses, any_unread; /* the latter: a rule of tcp or tls */
};

/* Lets rules that count together have one ceiling. */
void egress_join_ceilings(struct egress *egress);

void egress_make_index(struct egress *egress);
/* The slot of that host, or the free one where it would be. */
const struct egress_slot *egress_find(const struct egress_table *table, const char *host);
/* A path's readings in lower case: those of the letters of ASCII. */
const char *const *egress_lower_readings(struct arena *arena, const struct target *target);
/* What denies it, whichever rule allows it; or NULL. */
const struct egress_rule *egress_denies(const struct egress *egress,
                                        const struct egress_question *question,
                                        struct arena *arena);
/* Whether one reading of its path is one of these, which are in lower case: as some servers read
 * it, in capitals, with a slash at its end or without. */
bool egress_is_at(const char *const *paths, const struct egress_question *question,
                  struct arena *arena);
bool egress_has_port(const struct egress_rule *rule, int port);
enum egress_scheme egress_scheme_of(const struct egress_question *question);

void egress_wrong(struct egress_reading *r, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* where is that of item; keys are separated by blanks, required ones before a '|'. */
bool egress_object(struct egress_reading *r, const json_t *item, const char *where,
                   const char *keys);
const json_t *egress_list(struct egress_reading *r, const json_t *item, const char *where);
const char *egress_text(struct egress_reading *r, const json_t *item, const char *where);
const char *egress_optional(struct egress_reading *r, const json_t *object, const char *key,
                            const char *where);
const char *egress_word(struct egress_reading *r, const json_t *item, const char *where,
                        size_t longest);
bool egress_boolean(struct egress_reading *r, const json_t *item, const char *where);
int egress_port(struct egress_reading *r, const json_t *item, const char *where);
/* Whether all of it is ASCII's letters and digits (kind: isalnum(3)), or one of also. */
bool egress_all_of(const char *s, const char *also, int (*kind)(int));
/* The index of the word in choices, which are separated by ", ". */
int egress_one_of(struct egress_reading *r, const json_t *item, const char *choices,
                  const char *where);
/* Of an object with host and suffix. */
struct egress_host egress_read_host(struct egress_reading *r, const json_t *item,
                                    const char *where);
const char *egress_inside(struct egress_reading *r, const char *where,
                          const char *key);                                     /* where.key */
const char *egress_item(struct egress_reading *r, const char *where, size_t n); /* where[n] */

void egress_read_rule(struct egress_reading *r, const json_t *item, size_t number,
                      struct egress_rule *rule);
/* Without methods; its paths are in lower case. */
void egress_read_denied(struct egress_reading *r, const json_t *item, size_t number,
                        struct egress_rule *denied);
/* A cooldown: what of a rule says where it counts, with seconds and index. */
void egress_read_cooldown(struct egress_reading *r, const json_t *item, size_t number,
                          struct egress_rule *rule);
/* An MCP server: where it is, and its tools. Its path is in lower case. */
void egress_read_mcp(struct egress_reading *r, const json_t *item, size_t number,
                     struct egress_rule *server);
struct date egress_read_expires(struct egress_reading *r, const json_t *rule, const char *where);
const int *egress_read_ports(struct egress_reading *r, const json_t *rule, const char *where);
/* A pattern, compiled (target.h). */
const char *egress_read_path(struct egress_reading *r, const json_t *item, const char *where);
const char *egress_lower(struct arena *arena, const char *s);
/* What parse makes of each of a list that is not empty; NULL at the end. */
const char *const *
egress_read_texts(struct egress_reading *r, const json_t *rule, const char *key, const char *where,
                  const char *(*parse)(struct egress_reading *, const json_t *, const char *));
void egress_read_query(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_rule *rule);
void egress_read_authorities(struct egress_reading *r, const json_t *top, struct egress *egress);
/* Of a rule's grammar, one of its methods. */
const char *egress_read_method(struct egress_reading *r, const json_t *item, const char *where);
void egress_read_grants(struct egress_reading *r, const json_t *top, struct egress *egress);
void egress_read_upstream(struct egress_reading *r, const json_t *top, struct egress *egress);
/* Of an object that may have "addresses". */
struct ranges egress_read_ranges(struct egress_reading *r, const json_t *item, const char *where);
/* "source" below where. */
void egress_read_source(struct egress_reading *r, const json_t *item, const char *where,
                        struct egress_credential *credential);
const char *egress_basic_user(struct egress_reading *r, const json_t *item, const char *where);
/* What a credential and a login's access token have in common. */
void egress_read_hosts(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_credential *credential);
void egress_read_slot(struct egress_reading *r, const json_t *item, const char *where,
                      struct egress_credential *credential);
void egress_read_goes_to(struct egress_reading *r, const json_t *item, const char *where,
                         struct egress_credential *credential);
/* "logins": into egress->logins, and a credential of each, behind the others. */
void egress_read_logins(struct egress_reading *r, const json_t *top, struct egress *egress);
void egress_read_credential(struct egress_reading *r, const json_t *item, size_t number,
                            struct egress_credential *credential);

#endif
