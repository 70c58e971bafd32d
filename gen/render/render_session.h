/* A session: the properties of its transient unit, and its environment. */
#ifndef RENDER_SESSION_H
#define RENDER_SESSION_H

#include "render/template.h"

extern const struct hole session_holes[]; /* templates/linux/session.properties */
extern const struct hole slice_holes[];   /* templates/linux/sandbox.slice */

/* linux/systemd/session.env, in the language of EnvironmentFile= and of a POSIX shell at once. */
void render_session_environment(const struct plan *plan, struct buf *out);

#endif
