/* GitHub Copilot CLI 1.0: managed-settings.json. limitTo is for what the program itself asks, the
 * sandbox's list for commands; there an empty list would hold nothing back, so without a host there
 * is no way out. */
#include "render/render_managed.h"

static void boundary(const struct plan *plan, struct json_writer *j) {
    struct host_pattern host;
    jw_key(j, "limitTo");
    jw_array(j);
    for (size_t i = 0; managed_next_host(plan, &i, &host);) {
        BUF_CLEANUP struct buf b = {0};
        buf_lit(&b, "Domain(");
        buf_host(&b, host);
        buf_lit(&b, ")");
        jw_inert(j, &b);
    }
    jw_end(j);
}

static void network(const struct plan *plan, struct json_writer *j) {
    struct host_pattern host;
    jw_key(j, "network");
    jw_object(j);
    managed_bool(j, "allowOutbound", plan->spec->network.rules.n > 0);
    managed_bool(j, "allowLocalNetwork", false);
    jw_key(j, "allowedHosts");
    jw_array(j);
    for (size_t i = 0; managed_next_host(plan, &i, &host);) {
        BUF_CLEANUP struct buf b = {0};
        buf_host(&b, host);
        jw_inert(j, &b);
    }
    jw_end(j);
    jw_end(j);
}

void render_managed_copilot(const struct plan *plan, struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "permissions");
    jw_object(&j);
    jw_key(&j, "disableBypassPermissionsMode");
    jw_string(&j, "disable");
    boundary(plan, &j);
    jw_end(&j);
    jw_key(&j, "sandbox");
    jw_object(&j);
    managed_bool(&j, "enabled", true);
    managed_bool(&j, "failIfUnavailable", true);
    managed_bool(&j, "allowBypass", false);
    managed_bool(&j, "sandboxMcpServers", true);
    managed_bool(&j, "sandboxLspServers", true);
    jw_key(&j, "userPolicy");
    jw_object(&j);
    network(plan, &j);
    jw_end(&j);
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
}
