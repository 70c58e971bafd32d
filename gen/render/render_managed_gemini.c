/* Gemini CLI 0.61: settings.json of the system. It has no list of hosts, so its commands get no
 * network at all. */
#include "render/render_managed.h"

void render_managed_gemini(const struct plan *plan, struct buf *out) {
    struct json_writer j;
    (void)plan;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "security");
    jw_object(&j);
    managed_bool(&j, "disableYoloMode", true);
    managed_bool(&j, "disableAlwaysAllow", true);
    managed_bool(&j, "enablePermanentToolApproval", false);
    managed_bool(&j, "toolSandboxing", true);
    jw_end(&j);
    jw_key(&j, "tools");
    jw_object(&j);
    managed_bool(&j, "sandboxNetworkAccess", false);
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
}
