#ifndef TERMINAL_RELAY_H
#define TERMINAL_RELAY_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

/* A command in a terminal of its own (pty(7)), and the operator's on descriptors 0 and 1. */
struct relay {
    int master;           /* -1: hung up */
    pid_t child;          /* the leader of the other terminal's session */
    struct termios found; /* of the operator's terminal */
    bool clipboard;       /* whether the session writes it */
    int events; /* where it is told that the session wants its operator, who types nothing: lines, b
                   for a bell, n and its text for a notice. -1: nowhere */
};

/* Carries bytes both ways until the command has ended; the operator's terminal is as it was found
 * then. A terminal that is gone, or a signal that ends programs, hangs up on the command. Gives its
 * exit code, as a shell would. */
int relay_run(struct relay *);

/* What comes on descriptor 0 goes to 1, where a terminal is, until it ends. Gives an exit code. */
int relay_pipe(bool clipboard);

#endif
