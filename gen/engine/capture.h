/*
 * Capture, the engine's second half (Linux): for programs inside that know no proxy. A resolver
 * (dns.h), and a port to which a rule of the namespace sends whatever is dialled at 198.19.0.0/16;
 * each connection goes on to the proxy as a CONNECT for the name that was asked for, so it is
 * decided like all others. It is a process of its own, of another user: what the agent sends as DNS
 * is read where no secret is.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <uv.h>

/* With the sockets of sd_listen_fds(3): datagrams are questions; so is a connection that nothing
 * redirected. `port`: the proxy's, at 127.0.0.1. Runs until the loop has
 * nothing to do, which is never; without sockets it says so and exits (1). */
int capture_run(uv_loop_t *loop, int port);

#endif
