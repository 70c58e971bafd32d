#ifndef TERMINAL_RIGHTS_H
#define TERMINAL_RIGHTS_H

#include "terminal/options.h"

/* Gives up all rights but these for good: another user's, where options say so, and whatever a
 * program could gain by being run (no_new_privs). What comes from a sandbox is read only after
 * that. False, with errno set, when it cannot be done. */
bool rights_give_up(const struct options *);

/* The last part of it: what it may ask of the kernel from then on, where that is Linux. */
bool rights_confine(void);

#endif
