#include "write/write_verbatim.h"
#include "base/buf_raw.h"
#include "base/die.h"

void verbatim_file(struct buf *empty, struct text content) {
    if (empty->len)
        die("verbatim text inside another file");
    buf_str(empty, content.s);
}
