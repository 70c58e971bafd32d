/* Of slots*.c alone. */
#ifndef SLOTS_PRIVATE_H
#define SLOTS_PRIVATE_H

#include "engine/slots.h"
#include "engine/slots_target.h"

#endif
