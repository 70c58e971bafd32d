#include "engine/world.h"

#include <stddef.h>

const char *const world_special_use[] = {"alt", "corp", "example", "home", "home.arpa",
                                         "internal", "intranet", "invalid", "lan", "local",
                                         "localdomain", "localhost", "onion", "private", "test",
                                         NULL};
