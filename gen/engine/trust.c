#include "engine/trust.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/tls.h"

#include <stdlib.h>
#include <string.h>

/* Of so many sets of authorities: each holds the system's, too, which take a megabyte. */
enum { MOST_KEPT = 16 };

static struct kept {
    char *certificates;
    SSL_CTX *context;
} kept[MOST_KEPT];
static size_t next;

static SSL_CTX *keep(struct proxy *proxy, const char *certificates) {
    SSL_CTX *context = tls_client_context(proxy->authorities);
    if (!context) /* they could be read at start */
        return proxy->to_servers;
    tls_trust(context, certificates);
    struct kept *place = &kept[next++ % MOST_KEPT];
    free(place->certificates);
    SSL_CTX_free(place->context);
    *place = (struct kept){must_copy(certificates), context};
    return context;
}

SSL_CTX *trust_towards(struct proxy *proxy, const char *host) {
    const struct egress *egress = proxy->egress;
    BUF_CLEANUP struct buf all = {0};
    for (size_t i = 0; i < egress->authority_count; i++)
        if (egress_trusts(&egress->authorities[i], host)) {
            buf_str(&all, egress->authorities[i].certificates);
            buf_char(&all, '\n');
        }
    if (!all.len)
        return proxy->to_servers;
    for (size_t i = 0; i < MOST_KEPT; i++)
        if (kept[i].certificates && strcmp(kept[i].certificates, all.data) == 0)
            return kept[i].context;
    return keep(proxy, all.data);
}
