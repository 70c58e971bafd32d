/* What the ssh-agent filter decides by: two files of the applied generation's. */
#ifndef SSH_RULES_H
#define SSH_RULES_H

#include "base/arena.h"
#include "engine/bytes.h"

struct ssh_host {
    const char *name; /* "github.com", or "[forge.example.org]:2222" (sshd(8), known_hosts) */
    struct bytes key; /* as it comes over the wire */
};

struct ssh_rules {
    struct ssh_host *hosts;
    size_t host_count;
    struct bytes *keys; /* the operator's, that may be used */
    size_t key_count;
    bool sign_commits;
};

/* From folder/known_hosts and folder/keys, a key a line. NULL, or why not, which lives in the arena
 * as all else does. */
const char *ssh_rules_read(struct arena *arena, const char *folder, struct ssh_rules *rules);

/* The first host that has this key; NULL. */
const struct ssh_host *ssh_rules_host(const struct ssh_rules *rules, struct bytes key);
bool ssh_rules_have_key(const struct ssh_rules *rules, struct bytes key);

#endif
