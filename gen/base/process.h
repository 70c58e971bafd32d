/* Other programs: by argument vectors, never through a shell, and in an environment that we made.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdio.h>

/* Below it lies nothing: what libgit2 is told where it might look for certificates. Others must not
 * hear of it. */
#define PROCESS_NO_CERTIFICATES "/var/empty/agent-sandbox"

/* Runs the program of this name with these standard streams (NULL: ours), and quietly where errors
 * is false. Its exit code; -1 when there is none, which has been said. */
int process_run(char *const argv[], FILE *in, FILE *out, bool errors);

#endif
