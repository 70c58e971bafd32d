/* The resolver inside: every name has an address of names.h, and nothing is asked of anybody. */
#ifndef DNS_H
#define DNS_H

#include "engine/names.h"

#include <stddef.h>

/* RFC 1035, section 4.2.1: what every resolver takes in one datagram. No answer is longer. */
enum { DNS_LONGEST = 512 };

/*
 * The answer to one message (RFC 1035, section 4), and its length; 0: none is due. A question for a
 * name's IPv4 address gets it, one for anything else of it gets none (NOERROR); what is no name of
 * two labels or more, an address or a name of .arpa does not exist (NXDOMAIN), but for those below
 * home.arpa (RFC 8375), which a rule may have. "localhost" and what is below it is the loopback
 * (RFC 6761, section 6.3). *asked: a name of names that had no address
 * before, or NULL.
 */
size_t dns_answer(struct names *names, uint32_t now, const unsigned char *query, size_t length,
                  unsigned char out[DNS_LONGEST], const char **asked);

#endif
