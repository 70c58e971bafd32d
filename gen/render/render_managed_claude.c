/* Claude Code 2.1: managed-settings.json. Its sandbox denies hosts that are not listed
 * (strictAllowlist, from 2.1.219 on), and lists of users' own count no more
 * (allowManagedDomainsOnly). */
#include "render/render_managed.h"

static void hosts(const struct plan *plan, struct json_writer *j) {
    struct host_pattern host;
    jw_key(j, "allowedDomains");
    jw_array(j);
    for (size_t i = 0; managed_next_host(plan, &i, &host);) {
        BUF_CLEANUP struct buf b = {0};
        buf_host(&b, host);
        jw_inert(j, &b);
    }
    jw_end(j);
}

static void sockets(const struct plan *plan, struct json_writer *j) {
    jw_key(j, "allowUnixSockets");
    jw_array(j);
    for (size_t i = 0; i < plan->spec->relax.n; i++)
        if (plan->spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            jw_path(j, plan->spec->relax.v[i].socket);
    jw_end(j);
}

void render_managed_claude(const struct plan *plan, struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "permissions");
    jw_object(&j);
    jw_key(&j, "disableBypassPermissionsMode");
    jw_string(&j, "disable");
    jw_end(&j);
    jw_key(&j, "sandbox");
    jw_object(&j);
    managed_bool(&j, "enabled", true);
    managed_bool(&j, "failIfUnavailable", true);
    /* It is no reason to ask less than before. */
    managed_bool(&j, "autoAllowBashIfSandboxed", false);
    managed_bool(&j, "allowUnsandboxedCommands", false);
    jw_key(&j, "network");
    jw_object(&j);
    hosts(plan, &j);
    managed_bool(&j, "allowManagedDomainsOnly", true);
    managed_bool(&j, "strictAllowlist", true);
    sockets(plan, &j);
    managed_bool(&j, "allowAllUnixSockets", false);
    managed_bool(&j, "allowLocalBinding", plan->spec->network.publish.n > 0);
    jw_end(&j);
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
}
