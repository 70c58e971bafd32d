/*
 * The ssh-agent that a session sees: a filter (ssh_filter.h) between it and the operator's own. A
 * process of its own for each session, of the operator's user, because that one's agent answers to
 * nobody else; it holds no key, and what it decides is in the journal before it is passed on.
 */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H

#include <stdbool.h>

/* At the one socket of sd_listen_fds(3); the operator's agent is at SSH_AUTH_SOCK. folder:
 * ssh_rules.h. Runs until it is ended; exits (1) where it cannot begin. */
_Noreturn void ssh_agent_run(const char *folder, bool sign_commits);

#endif
