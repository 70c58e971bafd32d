/* The systemd units. */
#ifndef RENDER_UNITS_H
#define RENDER_UNITS_H

#include "base/tree.h"
#include "render/template.h"

extern const struct hole netns_holes[];    /* templates/linux/netns.service */
extern const struct hole egress_holes[];   /* templates/linux/egress.service */
extern const struct hole native_holes[];   /* templates/linux/native.service */
extern const struct hole secrets_holes[];  /* templates/linux/secrets.path, secrets.service */
extern const struct hole firewall_holes[]; /* templates/linux/nft.service, iptables.conf */

/* A socket and a service for every port of network.local_ports and network.publish. */
void render_forwards(const struct plan *plan, struct tree *tree);

#endif
