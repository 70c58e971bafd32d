/* What the first bytes in a tunnel are, and the name in a ClientHello of TLS. Pure. */
#ifndef HELLO_H
#define HELLO_H

#include "base/arena.h"

#include <stddef.h>

enum begin {
    BEGIN_MORE,  /* these bytes do not tell yet */
    BEGIN_TLS,   /* a record of a handshake: RFC 8446, section 5.1 */
    BEGIN_HTTP,  /* a request line: RFC 9112, section 3; or too long for anything */
    BEGIN_OTHER, /* neither */
};
enum begin begin_of(const char *data, size_t length);

enum hello {
    HELLO_MORE,
    HELLO_WRONG, /* it is none, or has two readings */
    HELLO_DONE,
};
/* The beginning of a client's side: records, in which the ClientHello may lie in pieces (RFC 8446,
 * sections 4.1.2 and 5.1). *name is its one host_name (RFC 6066, section 3), as it was sent, in the
 * arena; NULL: it has none. Which other extensions there are, nobody looks. */
enum hello hello_read(struct arena *arena, const char *data, size_t length, const char **name);

#endif
