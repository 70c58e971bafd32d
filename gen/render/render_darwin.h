/* What only macOS needs: launchd's jobs, and the holes of the pf anchor, the Seatbelt profile, the
 * sudoers file and the Brewfile. */
#ifndef RENDER_DARWIN_H
#define RENDER_DARWIN_H

#include "render/template.h"

void render_egress_plist(const struct plan *plan, struct buf *out);
void render_pf_plist(const struct plan *plan, struct buf *out);
void render_secrets_plist(const struct plan *plan, struct buf *out);

/* Whether there is a credential that bin/darwin-secrets hands to the proxy; and such a credential
 * as that program takes it: NAME=file:/PATH or NAME=keychain:SERVICE, without a space. */
bool has_launchd_secrets(const struct plan *plan);
void buf_launchd_secret(struct buf *out, const struct plan *plan,
                        const struct credential *credential);

extern const struct hole pf_holes[];             /* templates/darwin/pf.conf */
extern const struct hole seatbelt_holes[];       /* templates/darwin/seatbelt.sb */
extern const struct hole darwin_sudoers_holes[]; /* templates/darwin/sudoers */
extern const struct hole brewfile_holes[];       /* templates/darwin/Brewfile */

#endif
