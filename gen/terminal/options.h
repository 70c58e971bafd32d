#ifndef TERMINAL_OPTIONS_H
#define TERMINAL_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* What the command line says. command: borrowed, ends with NULL. */
struct options {
    bool drops; /* to these, for good */
    uid_t user;
    gid_t group;
    bool clipboard, pipe;
    int events;     /* -1: none */
    char **command; /* NULL: pipe */
};

/* Says what is wrong and exits with 2; --help and --version exit with 0. */
struct options options_read(int argc, char **argv);

#endif
