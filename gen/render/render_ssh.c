#include "render/render_ssh.h"
#include "spec/public_key.h"

enum { USUAL_PORT = 22 };

static void known_host(struct buf *out, const struct ssh_server *server) {
    bool usual = server->port == USUAL_PORT;
    if (!usual)
        buf_lit(out, "[");
    buf_host(out, server->host);
    if (usual)
        return;
    buf_lit(out, "]:");
    buf_uint(out, (uint64_t)server->port);
}

void render_known_hosts(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->ssh.hosts.n; i++) {
        const struct ssh_server *server = &plan->spec->ssh.hosts.v[i];
        for (size_t k = 0; k < server->keys.n; k++) {
            known_host(out, server);
            buf_lit(out, " ");
            buf_public_key(out, server->keys.v[k]);
            buf_lit(out, "\n");
        }
    }
}

void render_ssh_keys(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->ssh.keys.n; i++) {
        buf_public_key(out, plan->spec->ssh.keys.v[i]);
        buf_lit(out, "\n");
    }
}

/* Where nothing is captured, a program has to ask the proxy by itself. */
static void fill_proxy(const struct plan *plan, struct buf *out) {
    if (plan->spec->network.capture)
        return;
    buf_lit(out, "\tProxyCommand python3 -ISB ");
    buf_path(out, plan->current);
    buf_lit(out, "/host/ssh_connect.py ");
    buf_uint(out, plan->relay_port);
    buf_lit(out, " %h %p\n");
}

const struct hole ssh_config_holes[] = {{"ssh_proxy", fill_proxy}, {NULL, NULL}};
