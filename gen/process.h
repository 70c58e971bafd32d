/* Other programs: by argument vectors, never through a shell. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdio.h>

/* Runs the program of this name with these standard streams (NULL: ours), and quietly where errors
 * is false. Its exit code; -1 when there is none, which has been said. */
int process_run(char *const argv[], FILE *in, FILE *out, bool errors);

#endif
