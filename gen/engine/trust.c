#include "engine/trust.h"
#include "base/buf_raw.h"
#include "engine/tls.h"

#include <stdlib.h>
#include <string.h>

/* Of so many sets of authorities: each holds the system's, too, which take a megabyte. */
enum { MOST_KEPT = 16 };

static struct kept {
    struct buf set; /* the digests of its authorities */
    SSL_CTX *context;
} kept[MOST_KEPT];
static size_t next;

static SSL_CTX *keep(struct proxy *proxy, const struct buf *set, const char *host) {
    const struct egress *egress = proxy->egress;
    SSL_CTX *context = tls_client_context(proxy->authorities);
    if (!context) /* they could be read at start */
        return proxy->to_servers;
    for (size_t i = 0; i < egress->authority_count; i++)
        if (egress_trusts(&egress->authorities[i], host))
            tls_trust(context, egress->authorities[i].certificates);
    struct kept *place = &kept[next++ % MOST_KEPT];
    SSL_CTX_free(place->context);
    place->context = context;
    place->set.len = 0;
    buf_add(&place->set, set->data, set->len);
    return context;
}

SSL_CTX *trust_towards(struct proxy *proxy, const char *host) {
    const struct egress *egress = proxy->egress;
    BUF_CLEANUP struct buf set = {0};
    for (size_t i = 0; i < egress->authority_count; i++)
        if (egress_trusts(&egress->authorities[i], host))
            buf_add(&set, egress->authorities[i].digest, sizeof egress->authorities[i].digest);
    if (!set.len)
        return proxy->to_servers;
    for (size_t i = 0; i < MOST_KEPT; i++)
        if (kept[i].set.len == set.len && memcmp(kept[i].set.data, set.data, set.len) == 0)
            return kept[i].context;
    return keep(proxy, &set, host);
}
