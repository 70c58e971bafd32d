/* What changes the system is done by root: this very program again, through sudo. */
#ifndef ELEVATE_H
#define ELEVATE_H

#include "cmd/command.h"

/* The file that runs, by its real path; path: PATH_MAX. False: that can't be told. */
bool elevate_program(char *path);

/* Runs it with these words (a NULL behind them), which the caller keeps. Comes back only when it
 * can't, which has been said: EXIT_FAILED. */
enum exit_code elevate(char *const words[]);

#endif
