/* The control script that this program was built with: what is run where no applied copy can do it,
 * and never a script that lies in a repository. */
#ifndef SHIPPED_H
#define SHIPPED_H

/* Writes it to a folder of its own, runs it with these arguments (a NULL behind them), and removes
 * it. Its exit code, or 1 when there is none, which has been said. */
int shipped_run(char *const arguments[]);

#endif
