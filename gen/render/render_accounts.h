/* The users' folders, and what sudo lets the operators do. */
#ifndef RENDER_ACCOUNTS_H
#define RENDER_ACCOUNTS_H

#include "render/template.h"

extern const struct hole tmpfiles_holes[]; /* templates/linux/tmpfiles.conf */
extern const struct hole sudoers_holes[];  /* templates/linux/sudoers */

#endif
