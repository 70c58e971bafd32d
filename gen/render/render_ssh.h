/* Of ssh, for Linux's sessions: what ssh(1) and the ssh-agent filter (engine/ssh_rules.h) read. */
#ifndef RENDER_SSH_H
#define RENDER_SSH_H

#include "render/template.h"

void render_known_hosts(const struct plan *plan, struct buf *out); /* sshd(8), SSH_KNOWN_HOSTS */
void render_ssh_keys(const struct plan *plan, struct buf *out);    /* a public key a line */

/* For templates/linux/ssh_config. */
extern const struct hole ssh_config_holes[];

#endif
