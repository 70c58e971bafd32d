/* The systemd units of a sandbox: their names, and the order in which they start. */
#ifndef UNITS_H
#define UNITS_H

#include "base/buf.h"
#include "plan/plan.h"

/* A relay between the two loopbacks, for one port. */
enum forward {
    FORWARD_LOCAL,  /* the agent reaches a service of the host: network.local_ports */
    FORWARD_PUBLISH /* the operator reaches a server of the agent's: network.publish */
};

/* PREFIX-local-PORT or PREFIX-publish-PORT; the suffix follows. */
void forward_name(const struct plan *plan, enum forward forward, int64_t port, struct buf *out);

/* Whether there is a secret that systemd loads for the proxy. */
/* Where the host keeps what a credential's command gave (modules/host/kinds/command.py): another
 * command has another file. */
void buf_given(struct buf *out, struct path state, const struct credential *credential);
bool loads_secrets(const struct plan *plan);

/*
 * Every unit file of linux/systemd, in the order in which those with start are started; the others
 * are started by them. The drop-in PREFIX-iptables.conf is none of them.
 */
void linux_units(const struct plan *plan, void (*each)(struct name file, bool start, void *context),
                 void *context);

#endif
