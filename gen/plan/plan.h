/*
 * The plan: every decision that the renderers need and the spec does not say in so many words.
 * Made once by plan_make(), after check.c; the renderers only print it.
 *
 * Ownership: the strings live in the spec's arena.
 */
#ifndef PLAN_H
#define PLAN_H

#include "base/arena.h"
#include "spec/spec.h"

/* Where things stand on a host; the static code in modules/ relies on these. */
#define STATE_FOLDER "/var/lib/agent-sandbox/" /* + NAME: generations/COMMIT/, current -> */
#define CONFIG_FOLDER "/etc/agent-sandbox/"    /* + NAME: secrets/ */
#define DARWIN_FOLDER "/var/db/agent-sandbox/" /* + NAME: all of the state on macOS */
#define RUN_FOLDER "/run/agent-sandbox/"       /* + NAME: what bin/publish-ca leaves */

/* Addresses that are not public, and that the proxy may dial on these ports: of "addresses". */
struct opened {
    struct cidr cidr;
    const int64_t *ports;
    size_t port_count;
    struct date expires;
};

struct plan {
    const struct spec *spec;
    struct name name;           /* the sandbox's */
    struct name prefix;         /* agent-sandbox-NAME: units, files, pf anchor */
    struct name table;          /* agent_sandbox_NAME: the nft table and chain prefix */
    struct name agent;          /* the agent's user and its own group */
    struct name proxy;          /* egress-NAME: the proxy's user and group */
    struct name relay;          /* relay-NAME: the relay's user (Linux) */
    struct name share;          /* share-NAME: the group of agent and operators */
    uint32_t agent_uid;         /* also the gid of the agent's own group */
    uint32_t proxy_uid;         /* agent_uid + 1; also the gid of its group */
    uint32_t share_gid;         /* 29000 + agent_uid / 2 */
    uint16_t proxy_port;        /* on the host's loopback: 20000 + agent_uid / 2 % 10000 */
    uint16_t relay_port;        /* where the agent finds the proxy: 8080 inside its namespace */
    struct path linux_home;     /* /home/AGENT */
    struct path darwin_home;    /* /Users/AGENT */
    struct path state;          /* STATE_FOLDER NAME */
    struct path current;        /* STATE_FOLDER NAME/current: the applied generation's tree */
    struct path secrets;        /* CONFIG_FOLDER NAME/secrets */
    struct path run;            /* RUN_FOLDER NAME on Linux */
    struct path darwin_state;   /* DARWIN_FOLDER NAME; STATE_FOLDER's part on macOS */
    struct path darwin_current; /* DARWIN_FOLDER NAME/current */
    struct path darwin_run;     /* DARWIN_FOLDER NAME/run */
    struct name veth_host, veth_agent; /* asUIDh, asUIDa: at most 15 characters */
    bool linux_family, darwin_family;  /* which of linux/ and darwin/ are emitted */
    bool wsl;                          /* a host is WSL, or no host is named */
    bool git_config, nested, nix_daemon, ptrace, containers; /* the relaxations */
    bool ephemeral_ports, system_trust;
    LIST(struct rule) ssh_rules;    /* what ssh.hosts opens at the proxy: scheme tcp */
    LIST(int64_t) egress_ports;     /* the union of all rules' ports, sorted */
    LIST(struct opened) opened;     /* each once */
    LIST(struct credential) logged; /* of each login its access token, as a credential's */
    LIST(struct credential) handed; /* the credentials', and the password of the upstream */
    LIST(struct variable)
    environment; /* what the agent's environment holds beyond the proxy's
                    own variables: the spec's, and the placeholders */
};

/* What the password of the upstream is called, among the credentials' names. */
#define UPSTREAM_SECRET "upstream"

/* Whether root asks something of the running proxy: then it has a control socket. */
bool plan_has_control(const struct plan *plan);
/* Whether operators may grant anything. */
bool spec_grants(const struct spec *spec);
/* What the agent holds for a login's tokens has this in it, and behind it which one it is. */
struct text plan_login_placeholder(struct arena *arena, const struct spec *spec,
                                   const struct login *login);

struct plan *plan_make(const struct spec *spec, struct arena *arena);

#endif
