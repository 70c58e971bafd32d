/* Codex 0.171: requirements.toml. Its commands have a network only where its sandbox's mode gives
 * them one, and then through its own proxy. */
#include "render/render_managed.h"
#include "write/write_toml.h"

static void sockets(const struct plan *plan, struct buf *out) {
    buf_lit(out, "\n[experimental_network.unix_sockets]\n");
    for (size_t i = 0; i < plan->spec->relax.n; i++) {
        if (plan->spec->relax.v[i].what != RELAX_UNIX_SOCKET)
            continue;
        toml_path(out, plan->spec->relax.v[i].socket);
        buf_lit(out, " = \"allow\"\n");
    }
}

void render_managed_codex(const struct plan *plan, struct buf *out) {
    struct host_pattern host;
    buf_lit(out, "# Rendered by agent-sandbox for the sandbox ");
    buf_name(out, plan->name);
    buf_lit(out, "; a change belongs into its spec.\n"
                 "allowed_sandbox_modes = [\"read-only\", \"workspace-write\"]\n"
                 "\n"
                 "[experimental_network]\n"
                 "enabled = true\n"
                 "managed_allowed_domains_only = true\n"
                 "dangerously_allow_all_unix_sockets = false\n"
                 "dangerously_allow_non_loopback_proxy = false\n"
                 "allow_local_binding = ");
    if (plan->spec->network.publish.n)
        buf_lit(out, "true\n");
    else
        buf_lit(out, "false\n");
    buf_lit(out, "\n[experimental_network.domains]\n");
    for (size_t i = 0; managed_next_host(plan, &i, &host);) {
        toml_host(out, host);
        buf_lit(out, " = \"allow\"\n");
    }
    sockets(plan, out);
}
