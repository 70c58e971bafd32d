/* TABLE 2: what must hold between the keys of a spec. Each row has a failing case in tests/bad. */
#ifndef CHECK_H
#define CHECK_H

#include "read/read.h"

struct check {
    const char *id;
    const char *doc;
    /* Whether it needs every list as the user meant it; such checks wait until all of it reads. */
    bool across;
    void (*run)(struct reading *reading, const struct spec *spec);
};

extern const struct check checks[];
extern const size_t checks_count;

/* Members of the spec may be unset where it could not be read. */
void check_spec(struct reading *reading, const struct spec *spec);

/* The same but for those that ask what day it is: of a spec that was committed before. */
void check_older_spec(struct reading *reading, const struct spec *spec);

/* The checks by what they look at; each file holds a few rows' functions. */
void check_names(struct reading *, const struct spec *);
void check_uid(struct reading *, const struct spec *);
void check_hosts(struct reading *, const struct spec *);
void check_pins(struct reading *, const struct spec *);
void check_dotfiles(struct reading *, const struct spec *);
void check_environment(struct reading *, const struct spec *);
void check_no_proxy(struct reading *, const struct spec *);
void check_domains(struct reading *, const struct spec *);
void check_required(struct reading *, const struct spec *);
void check_expiry(struct reading *, const struct spec *);
void check_repositories(struct reading *, const struct spec *);
void check_schemes(struct reading *, const struct spec *);
void check_unread_ports(struct reading *, const struct spec *);
void check_paths(struct reading *, const struct spec *);
void check_cooldowns(struct reading *, const struct spec *);
void check_package_indexes(struct reading *, const struct spec *);
void check_cidrs(struct reading *, const struct spec *);
void check_trust(struct reading *, const struct spec *);
void check_upstream(struct reading *, const struct spec *);
void check_grants(struct reading *, const struct spec *);
void check_addresses(struct reading *, const struct spec *);
void check_ports(struct reading *, const struct spec *);
void check_workspaces(struct reading *, const struct spec *);
void check_files(struct reading *, const struct spec *);
void check_projects(struct reading *, const struct spec *);
void check_sockets(struct reading *, const struct spec *);
void check_injections(struct reading *, const struct spec *);
void check_placeholders(struct reading *, const struct spec *);
void check_credential_names(struct reading *, const struct spec *);
void check_credential_hosts(struct reading *, const struct spec *);
void check_credential_paths(struct reading *, const struct spec *);
void check_credential_places(struct reading *, const struct spec *);
void check_login_names(struct reading *, const struct spec *);
void check_login_ways(struct reading *, const struct spec *);
void check_login_endpoints(struct reading *, const struct spec *);
void check_login_hosts(struct reading *, const struct spec *);
void check_login_servers(struct reading *, const struct spec *);
void check_login_flows(struct reading *, const struct spec *);
void check_secrets(struct reading *, const struct spec *);
void check_not_secrets(struct reading *, const struct spec *);
void check_signing(struct reading *, const struct spec *);
void check_ssh_hosts(struct reading *, const struct spec *);
void check_ssh_keys(struct reading *, const struct spec *);
void check_ssh_rules(struct reading *, const struct spec *);
void check_tests(struct reading *, const struct spec *);
void check_test_credentials(struct reading *, const struct spec *);
void check_targets(struct reading *, const struct spec *);

/* Of each path: that the others hold what servers may read it as. `must` ends the sentence. */
void check_path_readings(struct reading *reading, written at, const char *key,
                         const struct text *paths, size_t n, const char *must);

/* Of ranges that some host may lead to; what: the host, in a sentence. */
void check_ranges(struct reading *reading, written at, const struct cidr *v, size_t n,
                  const char *what);
/* Why agent and operators cannot share this folder, or NULL. */
const char *workspace_place_wrong(const char *path);

/* Where a secret, or what gives it, would lie in the agent's reach; or NULL. */
const char *source_in_reach(struct arena *arena, const struct spec *spec,
                            const struct source *source);
/* Whether the rule lets what asks for tokens there through. */
bool check_lets_ask(struct arena *arena, const struct rule *rule, const struct login_token *token);
/* The ending of a name that is nobody's in public, or NULL. */
const char *check_private_name(const char *host);

#endif
