/* Hosts where anyone may put something, or take something in, so that a rule for one of them opens
 * more than it says. */
#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct known {
    const char *host;  /* with what is below it where it begins with "*." */
    const char *first; /* what the name begins with; NULL: anything */
    const char *path;  /* of the host, what it is about; NULL: all of it */
    /* So many segments of a path say whose it is, as a bucket's name does; 0: no path does. */
    size_t owner;
    bool takes;         /* what is sent there is for whoever made the place */
    const char *what;   /* a plural */
    const char *source; /* where it stands that this is so */
};

extern const struct known known_hosts[];
extern const size_t known_count;

#endif
