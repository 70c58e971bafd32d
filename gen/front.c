/*
 * Where the program begins. Loading the libraries takes ten times as long as seeing that nothing
 * has changed, so that is seen first, with libc alone. Where the rest is a file of its own (LATE,
 * the Makefile's default on Linux), it is loaded after that; elsewhere it is in here.
 */
#include "state.h"

#include <stdio.h>
#include <string.h>

#ifdef LATE
#include <dlfcn.h>
#include <unistd.h>

typedef int program(int argc, char **argv);

#define NAME "/agent-sandbox.so"
#define INSTALLED "/../lib/agent-sandbox" NAME

/* Not by a run path: with one, libc too would be looked for there first. */
static void *load_from(const char *place, size_t n) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - n);
    path[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    memcpy(slash, place, n);
    return access(path, F_OK) == 0 ? dlopen(path, RTLD_LAZY | RTLD_LOCAL) : NULL;
}

/* Beside this program, where it stands in any prefix, or where it was made to be installed. */
static int run_rest(int argc, char **argv) {
    void *late = load_from(NAME, sizeof NAME);
    if (!late)
        late = load_from(INSTALLED, sizeof INSTALLED);
    if (!late)
        late = dlopen(LATE NAME, RTLD_LAZY | RTLD_LOCAL);
    program *rest = NULL;
    if (late)
        *(void **)&rest = dlsym(late, "agent_sandbox");
    if (!rest) {
        fprintf(stderr, "agent-sandbox: can't load the rest of it: %s\n", dlerror());
        return 1;
    }
    return rest(argc, argv);
}
#else
#include "command.h"

static int run_rest(int argc, char **argv) {
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
    return nothing_changed(argc, argv) ? 0 : run_rest(argc, argv);
}
