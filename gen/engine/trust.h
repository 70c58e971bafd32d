/* By which authorities a server is verified: the system's, and those that the policy trusts for its
 * name. */
#ifndef TRUST_H
#define TRUST_H

#include "engine/proxy.h"

/* Settings with these. The same as long as the same authorities count for that host; an SSL that is
 * made of them keeps them, nobody else may. */
SSL_CTX *trust_towards(struct proxy *proxy, const char *host);

#endif
