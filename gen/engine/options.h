/* What the program is asked to be on its command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_GRANTS = 2 };

struct options {
    const char *policy, *state;         /* of the proxy; both, or NULL with capture */
    const char *authorities;            /* or NULL: the system's */
    const char *control;                /* the socket that it makes; NULL: none */
    const char *grants[OPTIONS_GRANTS]; /* files, of which any may be missing */
    size_t grants_count;
    const char *ssh_agent; /* the folder of what it decides by; NULL: this is no ssh-agent */
    bool sign_commits;
    int capture; /* the port of the proxy that is captured for; 0: this is the proxy */
};

/* Texts are argv's. --help and --version end the process (0), what is no such command line does,
 * too (2). */
struct options options_read(int argc, char **argv);

#endif
