/* allowed_signers (ssh-keygen(1), ALLOWED SIGNERS): whose signature apply takes. */
#ifndef RENDER_SIGNERS_H
#define RENDER_SIGNERS_H

#include "base/buf.h"
#include "plan/plan.h"

void render_signers(const struct plan *plan, struct buf *out);

#endif
