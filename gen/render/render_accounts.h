/* The users' folders, and what sudo lets the operators do. */
#ifndef RENDER_ACCOUNTS_H
#define RENDER_ACCOUNTS_H

#include "render/template.h"

extern const struct hole tmpfiles_holes[]; /* templates/linux/tmpfiles.conf */
extern const struct hole sudoers_holes[];  /* templates/linux/sudoers */

/* Whose line of sudoers(5) it is, as far as the colon before the commands. */
void sudoers_people(struct buf *out, const struct text *names, size_t n);

#endif
