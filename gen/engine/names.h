/*
 * The names that were asked for inside, and the addresses of 198.19.0.0/16 that stand for them.
 * Nobody on the internet has such an address (RFC 6890, 2.2.2), so what is dialled there can only
 * mean the name.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum { NAMES_COUNT = 1 << 16 };
/* 198.19.0.0 */
#define NAMES_FIRST UINT32_C(0xc6130000)

struct names;

struct names *names_new(void);
void names_free(struct names *names);

/* The address of that name, as a number of the host's order; the same one as in another process,
 * unless names are in each other's way. 0: all that could be its stand for others that were asked
 * for just now. now: seconds, of a clock that only goes on. *is_new: it had none until now. */
uint32_t names_address(struct names *names, const char *name, uint32_t now, bool *is_new);

/* What stands at that address, and goes on standing there for a while; NULL: nothing. It lives
 * until names_address() is called. */
const char *names_at(struct names *names, uint32_t address, uint32_t now);

#endif
