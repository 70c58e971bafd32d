/* From a spec to an applied sandbox: check, render, and, once somebody has read what it opens and
 * said yes, apply by this very program, with sudo where it has to be. */
#include "cmd/command.h"
#include "cmd/shipped.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

/* The file that runs, for sudo: its secure_path may not have the folder of it. path: PATH_MAX. */
static bool own_program(char *path) {
    char found[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = sizeof found;
    return _NSGetExecutablePath(found, &size) == 0 && realpath(found, path);
#else
    ssize_t n = readlink("/proc/self/exe", found, sizeof found - 1);
    found[n < 0 ? 0 : n] = '\0';
    return n > 0 && realpath(found, path);
#endif
}

/* No answer is no. */
static bool says_yes(void) {
    char answer[16] = "";
    printf("Apply it to this host? [y/N] ");
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum exit_code apply(const char *folder) {
    char program[PATH_MAX];
    char *own[] = {"apply", "-o", (char *)folder, NULL};
    if (geteuid() == 0)
        return (enum exit_code)shipped_run(own);
    if (!own_program(program))
        return command_fail(EXIT_FAILED,
                            "can't tell which program this is: run sudo agent-sandbox "
                            "apply -o %s",
                            folder);
    char *words[] = {"sudo", "--", program, "apply", "-o", (char *)folder, NULL};
    fflush(stdout);
    execvp(words[0], words);
    if (errno == ENOENT)
        return command_fail(EXIT_FAILED, "sudo is missing; as root: agent-sandbox apply -o %s",
                            folder);
    return command_fail(EXIT_FAILED, "can't run sudo: %s", strerror(errno));
}

enum exit_code run_up(const struct call *call) {
    char *spec[] = {call->argument_count ? call->arguments[0] : UP_SPEC};
    struct call render = *call;
    render.arguments = spec;
    render.argument_count = 1;
    render.output = call->output ? call->output : UP_FOLDER;
    if (!call->yes && !isatty(STDIN_FILENO))
        return command_fail(EXIT_WRONG, "up asks before it applies, and nobody can answer: --yes");
    enum exit_code code = run_render(&render);
    if (code != EXIT_DONE)
        return code;
    if (!call->yes && !says_yes()) {
        printf("It is committed, and not applied: sudo agent-sandbox apply -o %s\n", render.output);
        return EXIT_DONE;
    }
    return apply(render.output);
}
