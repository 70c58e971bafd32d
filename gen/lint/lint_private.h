/* What the files of lint share. */
#ifndef LINT_PRIVATE_H
#define LINT_PRIVATE_H

#include "lint/lint.h"
#include "lint/uses.h"

struct lint_denied;

struct linting {
    struct reading *reading;
    struct arena *arena; /* the reading's */
    const struct plan *plan;
    const struct spec *spec;
    const struct uses *uses; /* or NULL */
    struct findings *out;
    const struct rule **by_place; /* network.rules, sorted by where they are written */
    struct lint_denied *denied;
};

/* Of what a rule stands for in network.rules: itself, or the parts of a repository. */
struct lint_parts {
    const struct rule **v;
    size_t n;
};
struct lint_parts lint_parts(const struct linting *lint, const struct rule *whole);

struct finding *lint_find(struct linting *lint, enum finding_kind kind, const char *of,
                          struct aim aim, const char *why, const char *what_to_do);
/* What can't be found now, and may be accepted. */
void lint_may_find(struct linting *lint, enum finding_kind kind, const char *of);

/* What a rule is called: its host, or its repository. */
const char *lint_rule_name(const struct linting *lint, const struct rule *rule);
const char *lint_host_name(const struct linting *lint, struct host_pattern host);
/* FILE:LINE:COLUMN */
const char *lint_place(const struct linting *lint, written at);

/* -- the files' functions -- */

void lint_denials(struct linting *lint);     /* never-matches, denies-nothing */
void lint_shadows(struct linting *lint);     /* shadowed */
void lint_ends(struct linting *lint);        /* expires-soon */
void lint_hosts(struct linting *lint);       /* user-content, way-out */
void lint_credentials(struct linting *lint); /* unused-credential, unused-login */
void lint_widths(struct linting *lint);      /* never-used, wider-than-use */
void lint_mcp(struct linting *lint);         /* any-tool, and of MCP servers the others */
void lint_relax(struct linting *lint);       /* relaxes-nothing */

/* expires-soon, of what is written there. */
void lint_ends_on(struct linting *lint, const char *of, written at, struct date expires,
                  struct text owner);
void lint_never_used(struct linting *lint, const char *of, written at);

/* Which rule denies all that a path of this one lets through; or NULL. */
struct lint_denied *lint_denied_make(const struct linting *lint);
const struct rule *lint_denied_by(struct lint_denied *denied, const struct rule *rule, size_t path);
/* The same of another path, on the rule's hosts and ports. */
bool lint_is_denied(struct lint_denied *denied, const struct rule *rule, struct text path);
/* Whether it lets nothing through, and is there for what it denies. */
bool lint_only_denies(const struct lint_denied *denied, const struct rule *rule);

#endif
