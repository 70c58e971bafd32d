/* What the files of the policy diff share. A topic is one key of the spec. */
#ifndef POLICY_PRIVATE_H
#define POLICY_PRIVATE_H

#include "policy/policy.h"
#include "spec/schema.h"
#include "write/write_plain.h"

struct policy_topic;

struct policy_run { /* one comparison */
    struct policy_diff *diff;
    struct arena *arena;
    const struct policy_topic *topic;
    enum policy_direction direction; /* of what is added now */
};

struct policy_topic {
    const char *key;
    const char *one, *many; /* for a subject that counts: "credential", "credentials" */
    /*
     * Adds what more allows and less does not. Called twice, with the specs in both orders: so a
     * widening in one direction is a narrowing in the other. NULL: nothing here widens.
     */
    void (*more)(struct policy_run *run, const struct spec *less, const struct spec *more);
    /* Adds what neither widens nor narrows; not called for the first generation. */
    void (*other)(struct policy_run *run, const struct spec *old, const struct spec *new);
};

/* A change with its sentence and, behind "Allow ", "Deny " or "Change ", the subject. */
struct policy_change *policy_add(struct policy_run *run, const struct buf *sentence,
                                 const struct buf *subject);

/* Gives the change a subject that begins with another verb: "Extend ". */
#define policy_verb(run, change, verb, subject)                                                    \
    policy_verb_((run), (change), (struct text){"" verb ""}, (subject))
void policy_verb_(struct policy_run *run, struct policy_change *change, struct text verb,
                  const struct buf *subject);

struct text policy_keep(struct policy_run *run, const struct buf *words);

/* Begins a sentence: "may now ", "may no longer "; for the first generation "may ". */
void policy_may(const struct policy_run *run, struct buf *b);
/* "now ", "no longer "; for the first generation nothing. */
void policy_now(const struct policy_run *run, struct buf *b);

/* "a", "a and b", "a, b and c": what stands before item i of n. */
void policy_comma(struct buf *b, size_t i, size_t n);
void policy_names(struct buf *b, const struct name *v, size_t n);
void policy_numbers(struct buf *b, const int64_t *v, size_t n);

/* A value of a type whose words are inert: a size, a word of a list, a source, a relaxation. */
void policy_value(struct buf *b, const struct type *type, const void *value);

bool policy_same_text(struct text a, struct text b);
bool policy_same_names(const struct name *a, size_t na, const struct name *b, size_t nb);
bool policy_same_numbers(const int64_t *a, size_t na, const int64_t *b, size_t nb);
bool policy_has_name(const struct name *v, size_t n, const char *s);
bool policy_has_number(const int64_t *v, size_t n, int64_t number);

/* An item of more that less lacks, by names; into a list that the caller gives room in. */
size_t policy_added(const struct name *less, size_t n_less, const struct name *more, size_t n_more,
                    struct name *out);

/* owner, reason and expiry of what a change is about. */
void policy_answer(struct policy_change *change, struct text owner, struct text reason,
                   struct date expires);
/* owner "x", reason "y"; nobody answers for it. */
struct text policy_answer_text(struct policy_run *run, struct text owner, struct text reason);
/* That another one answers for it. */
struct policy_change *policy_tell_answer(struct policy_run *run, const struct buf *what,
                                         struct text was, struct text is);

/* Days compare as numbers; no date is later than every date, no permission earlier. */
enum { POLICY_NEVER = 0 };
uint32_t policy_day(struct date expires);
/* " for a longer time: until X, was until Y" (or shorter), and the same in the change's members. */
void policy_longer(const struct policy_run *run, struct buf *b, uint32_t less, uint32_t more);
void policy_dates(struct policy_run *run, struct policy_change *change, const struct buf *subject,
                  uint32_t less, uint32_t more);

/* "2 hosts": so many of what a key holds. */
void policy_noun(const char *key, size_t n, struct buf *b);

struct policy_rest;

/* Of a rule's cells, those that one sentence is about. */
struct policy_part {
    const struct rule *rule;
    bool websocket; /* it is about WebSockets alone */
    struct name *methods;
    struct text *paths;
    int64_t *ports;
    size_t n_methods, n_paths, n_ports;
    uint32_t until;
    struct policy_rest *rest; /* what is left; NULL where that is not said */
};

struct policy_parts {
    struct policy_part **v;
    size_t n, cap;
};

/* -- the topics' functions, by file -- */

void policy_more_rules(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_rules(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_addresses(struct policy_run *run, const struct spec *less,
                           const struct spec *more);
void policy_more_repositories(struct policy_run *run, const struct spec *less,
                              const struct spec *more);
void policy_other_repositories(struct policy_run *run, const struct spec *old,
                               const struct spec *new);
/* The spec, or a copy, whose network.rules are none that stand for a repository. */
const struct spec *policy_without_repositories(struct arena *arena, const struct spec *spec);
void policy_more_mcp(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_mcp(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_require(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_trust(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_upstream(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_upstream(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_grants(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_grants(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_ask(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_cidrs(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_cidrs(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_enforcement(struct policy_run *run, const struct spec *less,
                             const struct spec *more);
void policy_other_engine(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_capture(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_instructions(struct policy_run *run, const struct spec *old,
                               const struct spec *new);
void policy_more_local_ports(struct policy_run *run, const struct spec *less,
                             const struct spec *more);
void policy_more_publish(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_credentials(struct policy_run *run, const struct spec *less,
                             const struct spec *more);
void policy_other_credentials(struct policy_run *run, const struct spec *old,
                              const struct spec *new);
void policy_more_logins(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_logins(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_not_secrets(struct policy_run *run, const struct spec *less,
                             const struct spec *more);
void policy_more_workspaces(struct policy_run *run, const struct spec *less,
                            const struct spec *more);
void policy_more_hide(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_protect(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_unprotect(struct policy_run *run, const struct spec *less,
                           const struct spec *more);
void policy_more_projects(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_relax(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_unenforced(struct policy_run *run, const struct spec *less,
                            const struct spec *more);
void policy_more_limits(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_operators(struct policy_run *run, const struct spec *less,
                           const struct spec *more);
void policy_more_signing(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_signing(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_more_terminal(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_ssh(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_hosts(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_packages(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_agents(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_more_managed(struct policy_run *run, const struct spec *less, const struct spec *more);
void policy_other_name(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_tests(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_accept(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_lock(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_user(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_inputs(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_dotfiles(struct policy_run *run, const struct spec *old, const struct spec *new);
void policy_other_environment(struct policy_run *run, const struct spec *old,
                              const struct spec *new);
void policy_other_git(struct policy_run *run, const struct spec *old, const struct spec *new);

/* -- orders of rules -- */

struct policy_part policy_whole(const struct rule *rule);
/* Every rule as a whole, in the spec's order. */
struct policy_parts policy_wholes(struct arena *arena, const struct network *network);

/* Whether they share a scheme, a port and a method. */
bool policy_meets(const struct policy_part *part, const struct rule *rule);

/* Whether the one lets through every query that the other does. */
bool policy_covers_query(struct arena *arena, const struct rule *a, const struct rule *b);

/* Whether a lets through all that b does. */
bool policy_covers_ceilings(const struct ceilings *a, const struct ceilings *b);
/* ", at most 60 requests a minute", or nothing. */
void policy_write_ceilings(struct buf *b, const struct rule *rule);

typedef int policy_order(const struct policy_part *a, const struct policy_part *b);
int policy_by_host(struct host_pattern a, struct host_pattern b);
policy_order policy_by_rights;  /* scheme, WebSockets, ports, methods and query */
policy_order policy_by_meaning; /* all but who answers for a rule, and until when */
policy_order policy_by_answer;  /* by meaning, then by who answers for it */
policy_order policy_by_day, policy_by_place;

/* The last that is equal by this order, which the parts are sorted by, at least; or NULL. */
const struct rule *policy_last(const struct policy_parts *sorted, const struct policy_part *part,
                               policy_order *order);

/* -- an index of parts -- */

/* Those of one host, one path and the same rights stand together, as a group. */
struct policy_entry {
    const char *path;
    struct policy_part *part;
    size_t n;    /* of the group's first one: how many they are */
    size_t left; /* ... and how many of them, from the first on, are still looked for */
};

struct policy_index;
struct policy_index *policy_index_make(struct arena *arena, const struct policy_parts *parts);

/* Calls found for each group that lets through a path of this rule; at says which. Those of one
 * host come in the order of the rule's paths. */
typedef void policy_found(struct policy_entry *group, size_t at, void *context);
void policy_find_covering(struct policy_index *index, const struct rule *rule, policy_found *found,
                          void *context);

/* -- what is missing, and what is left -- */

/* Adds the parts of a rule that less does not permit. */
void policy_add_missing(struct policy_run *run, const struct rule *rule, struct policy_index *less,
                        struct policy_parts *parts);

/* Adds what less denies, whichever rule allows it, and more does not. */
void policy_fewer_denials(struct policy_run *run, const struct network *less,
                          const struct network *more);
/* Adds how old packages have to be by less, whichever rule allows them, and by more do not. */
void policy_shorter_cooldowns(struct policy_run *run, const struct network *less,
                              const struct network *more);
/* "host/path, ports 1 and 2" */
void policy_write_target(struct buf *b, const struct policy_part *part);

/* What less permits of each part. */
void policy_find_rests(struct policy_run *run, const struct policy_parts *parts,
                       const struct network *less);
/* " (so far X)", " (still X)" */
void policy_write_rest(struct policy_run *run, const struct policy_part *part, struct buf *b);

#endif
