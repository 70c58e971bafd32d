/* Memory through which a secret passes in the hands of others: nothing of it is left behind. */
#ifndef WIPED_H
#define WIPED_H

#include "base/buf.h"

#include <nghttp2/nghttp2.h>

/* For nghttp2: what it gives back, or makes larger, has been wiped. */
nghttp2_mem *wiped_memory(void);

/* buf_add(), but where the buffer has to be another one, the old one is wiped. */
void wiped_add(struct buf *buf, const void *data, size_t length);
/* buf_free(), wiped before. */
void wiped_free(struct buf *buf);

#endif
