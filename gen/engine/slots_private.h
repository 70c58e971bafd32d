/* Of slots*.c alone. */
#ifndef SLOTS_PRIVATE_H
#define SLOTS_PRIVATE_H

#include "engine/slots.h"

/* Where a placeholder stands first in the path, as it is or with some of it as %XX; s is NULL where
 * it does not. */
struct bytes slots_in_path(struct bytes target, const char *placeholder);

#endif
