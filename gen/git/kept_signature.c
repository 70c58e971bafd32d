/* A commit's signature, and what it is one of: all of the commit but that header. */
#include "base/buf_raw.h"
#include "git/kept.h"

#include <string.h>

static const char *line_end(const char *p, const char *end) {
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    return feed ? feed + 1 : end;
}

bool kept_signature(const struct kept *kept, struct buf *signature, struct buf *signed_text) {
    static const char header[] = "gpgsig ";
    size_t n, skip = sizeof header - 1;
    const char *p = kept_commit(kept, &n), *end = p + n;
    while (p < end && *p != '\n') {
        const char *next = line_end(p, end);
        bool found = (size_t)(next - p) > skip && memcmp(p, header, skip) == 0 && !signature->len;
        buf_add(found ? signature : signed_text, found ? p + skip : p,
                (size_t)(next - p) - (found ? skip : 0));
        for (p = next; found && p < end && *p == ' '; p = next) {
            next = line_end(p, end);
            buf_add(signature, p + 1, (size_t)(next - p) - 1);
        }
    }
    buf_add(signed_text, p, (size_t)(end - p));
    return signature->len > 0;
}
