#include "store_private.h"

void store_fold(struct store *store) {
    (void)store;
}
