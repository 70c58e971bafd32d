/*
 * Where the program begins. Loading the libraries takes ten times as long as seeing that nothing
 * has changed, so that is seen first, with libc alone. The Makefile makes two programs of this file
 * on Linux: a small one that only looks (WHOLE), and runs the other when it must; and the whole.
 */
#include "state/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef WHOLE
#include <unistd.h>

#define NAME "/agent-sandbox-whole"
#define INSTALLED "/../lib/agent-sandbox" NAME

/* place: from the folder that holds this program. */
static void run_from(const char *place, size_t n, char **argv) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - n);
    path[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash) {
        memcpy(slash, place, n);
        execv(path, argv);
    }
}

/* Beside this program, where it stands in any prefix, or where it was made to be installed. */
static int run_whole(int argc, char **argv) {
    (void)argc;
    run_from(NAME, sizeof NAME, argv);
    run_from(INSTALLED, sizeof INSTALLED, argv);
    execv(WHOLE, argv);
    fprintf(stderr, "agent-sandbox: can't run %s: %s\n", WHOLE, strerror(errno));
    return 1;
}
#else
#include "cmd/command.h"

static int run_whole(int argc, char **argv) {
    return agent_sandbox(argc, argv);
}
#endif

/* `render SPEC -o FOLDER`, in either order: what is run again and again. */
static bool nothing_changed(int argc, char **argv) {
    if (argc != 5 || strcmp(argv[1], "render") != 0)
        return false;
    char **spec = &argv[2], **output = &argv[3];
    if (argv[2][0] == '-') {
        output = &argv[2];
        spec = &argv[4];
    }
    bool known = strcmp(output[0], "-o") == 0 || strcmp(output[0], "--output") == 0;
    return known && spec[0][0] != '-' && state_says_unchanged(spec[0], output[1]);
}

int main(int argc, char **argv) {
    return nothing_changed(argc, argv) ? 0 : run_whole(argc, argv);
}
