/* README.md of an emitted repository: for whoever reviews what a sandbox may do. */
#ifndef RENDER_README_H
#define RENDER_README_H

#include "render/template.h"

/* For templates/readme/README.md. */
extern const struct hole readme_holes[];

/* The sections behind the holes; each writes whole lines, and nothing when the spec has nothing of
 * the kind. Between two sections stands a blank line. */
void readme_summary(const struct plan *plan, struct buf *out);
void readme_topology(const struct plan *plan, struct buf *out);
void readme_rules(const struct plan *plan, struct buf *out);
void readme_mcp(const struct plan *plan, struct buf *out);
void readme_source(const struct source *s, struct buf *out);
void readme_upstream(const struct plan *plan, struct buf *out);
void readme_grants(const struct plan *plan, struct buf *out);
void readme_trust(const struct plan *plan, struct buf *out);
void readme_cidrs(const struct plan *plan, struct buf *out);
void readme_ports(const struct plan *plan, struct buf *out);
void readme_credentials(const struct plan *plan, struct buf *out);
void readme_logins_summary(const struct plan *plan, struct buf *out); /* a line of the summary */
void readme_logins(const struct plan *plan, struct buf *out);
void readme_inject(const struct inject *how, struct buf *out);
void readme_not_secrets(const struct plan *plan, struct buf *out);
void readme_accepted(const struct plan *plan, struct buf *out);
void readme_ssh_summary(const struct plan *plan, struct buf *out); /* lines of the summary */
void readme_ssh(const struct plan *plan, struct buf *out);
void readme_workspaces(const struct plan *plan, struct buf *out);
void readme_files(const struct plan *plan, struct buf *out);
void readme_relaxations(const struct plan *plan, struct buf *out);
void readme_managed(const struct plan *plan, struct buf *out);
void readme_signing(const struct plan *plan, struct buf *out);
void readme_environment(const struct plan *plan, struct buf *out);
void readme_dotfiles(const struct plan *plan, struct buf *out);
void readme_packages(const struct plan *plan, struct buf *out);
void readme_limits(const struct plan *plan, struct buf *out);
void readme_hosts(const struct plan *plan, struct buf *out);
void readme_nix(const struct plan *plan, struct buf *out);
void readme_matrix(const struct plan *plan, struct buf *out);
void readme_gaps(const struct plan *plan, struct buf *out);

/* Printers that more than one section needs. */
void readme_numbers(struct buf *out, const int64_t *numbers, size_t n);      /* 80, 443 */
void readme_code_names(struct buf *out, const struct name *names, size_t n); /* `a`, `b` */
size_t readme_distinct_hosts(const struct plan *plan);
bool readme_same_host(struct host_pattern a, struct host_pattern b);

#endif
