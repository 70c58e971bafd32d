#include "render/render_signers.h"
#include "spec/public_key.h"

void render_signers(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->signing.allowed.n; i++) {
        const struct signer *signer = &plan->spec->signing.allowed.v[i];
        buf_name(out, signer->name);
        buf_lit(out, " namespaces=\"git");
        if (plan->spec->signing.require.n) /* what signs an approval (cmd/approval.h) */
            buf_lit(out, ",agent-sandbox-approval");
        buf_lit(out, "\" ");
        buf_public_key(out, signer->key);
        buf_lit(out, "\n");
    }
}
