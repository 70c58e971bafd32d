/*
 * What reaches an output, in three tiers, told apart by type, so that the unsafe use does not
 * compile:
 *   values   integers, enums, struct cidr, struct date: printed from binary, nothing to escape;
 *   names    struct name, struct path: inert in every output language by their character set;
 *   text     struct text: reaches an output only through the writer of that output's language.
 */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [A-Za-z0-9] and, inside, [A-Za-z0-9._-]; a schema row narrows this further. */
struct name {
    const char *s;
};

/* Absolute, normalised; segments of [A-Za-z0-9._+@-]. */
struct path {
    const char *s;
};

/* Valid UTF-8 without NUL and control characters (dotfile text may hold \n and \t). */
struct text {
    const char *s;
};

/* An exact host name, or *.name: one label or more before it. Lower-case letters, digits, - and .
 */
struct host_pattern {
    struct name name;
    bool suffix;
};

/* family is 4 or 6; the bits behind length are zero. */
struct cidr {
    uint8_t family, length;
    uint8_t bytes[16];
};

struct date {
    uint16_t year;
    uint8_t month, day;
};

#endif
