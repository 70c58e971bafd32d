/*
 * What of the ssh-agent protocol a session may ask (draft-miller-ssh-agent, OpenSSH's
 * PROTOCOL.agent): which of the listed keys are there; and a signature by one of them, over
 *   the login at a listed host: the connection was bound to its key, which has signed the session
 *   that is logged in to, so that the signature is worth nothing anywhere else; or
 *   what git signs (SSHSIG of the namespace "git"), where the spec allows that.
 * Nothing here reads or writes anything but memory.
 */
#ifndef SSH_FILTER_H
#define SSH_FILTER_H

#include "engine/ssh_rules.h"
#include "engine/ssh_wire.h"

/* SSH_LONGEST: of a message of the session's; SSH_LONGEST_ANSWER: of the operator's agent, as
 * OpenSSH's own bound. */
enum { SSH_LONGEST = 32 * 1024, SSH_LONGEST_ANSWER = 256 * 1024 };

enum ssh_message {
    SSH_AGENT_FAILURE = 5,
    SSH_AGENT_SUCCESS = 6,
    SSH_AGENTC_REQUEST_IDENTITIES = 11,
    SSH_AGENT_IDENTITIES_ANSWER = 12,
    SSH_AGENTC_SIGN_REQUEST = 13,
    SSH_AGENT_SIGN_RESPONSE = 14,
    SSH_AGENTC_EXTENSION = 27
};

enum ssh_ask { SSH_ASK_OTHER, SSH_ASK_KEYS, SSH_ASK_BIND, SSH_ASK_LOGIN, SSH_ASK_COMMIT };

struct ssh_filter { /* one connection; zero but for the rules at its start */
    const struct ssh_rules *rules;
    const struct ssh_host *bound; /* to its session, which is ours to free: ssh_filter_end() */
    struct buf session;
    bool shut; /* a bind was refused: no key is shown, and no login signed, to whom that was for */
};

struct ssh_decision {
    enum ssh_ask ask;
    const char *why;             /* it is refused; NULL: it goes on, as it came */
    const struct ssh_host *host; /* NULL: none, or not known */
    struct bytes key;            /* empty where none was named */
    struct bytes user;           /* who logs in */
};

/* message: its type and what is behind. What it points to is the message's, or the rules'. */
struct ssh_decision ssh_filter_ask(struct ssh_filter *filter, struct bytes message);
void ssh_filter_end(struct ssh_filter *filter);

/* What the operator's agent answered, as the session gets it: the listed keys and no comment of
 * anybody's; a signature; the success of a bind, whether or not it knows binds. Never anything
 * else but a failure. */
void ssh_filter_answer(const struct ssh_rules *rules, enum ssh_ask ask, struct bytes answer,
                       struct buf *out);

#endif
