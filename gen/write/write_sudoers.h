/* User lists of sudoers(5). */
#ifndef WRITE_SUDOERS_H
#define WRITE_SUDOERS_H

#include "base/buf.h"

/* One user, and never a group, a number, an alias or everybody. */
void sudoers_user(struct buf *b, struct text name);

#endif
