/* What a spec asks for, and where it does first: at NULL where it does not. */
#ifndef ASKED_H
#define ASKED_H

#include "plan/plan.h"

struct asked {
    written at;
    const char *key; /* of that object; NULL: the object itself */
};

typedef struct asked asked_fn(const struct plan *plan);

asked_fn asked_always;

/* Of rules. asked_denies: paths of them, asked_shut: all of a host; asked_ranges: more than single
 * addresses with TCP. */
asked_fn asked_rules, asked_read_rules, asked_stars, asked_denies, asked_shut, asked_query,
    asked_ceilings, asked_cooldowns, asked_mcp, asked_dates, asked_addresses, asked_websockets,
    asked_suffixes, asked_clear, asked_tunnels, asked_repositories;

/* Of the rest of the network. */
asked_fn asked_cidrs, asked_ranges, asked_trust, asked_upstream, asked_upstream_password,
    asked_upstream_tls, asked_local_ports, asked_publish, asked_audit;

/* Of credentials: any; one without a variable; one that has paths, or a place of its own. */
asked_fn asked_credentials, asked_credentials_without_variable, asked_credential_paths;

/* Of the home and what is in it, and of the rest. */
asked_fn asked_packages, asked_home, asked_environment, asked_workspaces, asked_read_only,
    asked_ssh, asked_limits, asked_session, asked_disk, asked_sockets, asked_nested, asked_relaxed,
    asked_managed, asked_signing;

#endif
