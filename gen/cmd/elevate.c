#include "cmd/elevate.h"
#include "base/buf_raw.h"
#include "base/die.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

/* sudo's secure_path may not have the folder of it. */
bool elevate_program(char *path) {
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

enum exit_code elevate(char *const words[]) {
    char program[PATH_MAX];
    size_t n = 0;
    while (words[n])
        n++;
    if (!elevate_program(program))
        return command_fail(EXIT_FAILED, "can't tell which program this is: run it with sudo");
    char **argv = must_alloc((n + 4) * sizeof *argv);
    argv[0] = "sudo", argv[1] = "--", argv[2] = program;
    memcpy(argv + 3, words, n * sizeof *argv);
    argv[n + 3] = NULL;
    fflush(stdout);
    execvp(argv[0], argv);
    int why = errno;
    free(argv);
    BUF_CLEANUP struct buf line = {0};
    for (size_t i = 0; words[i]; i++)
        buf_printf(&line, " %s", words[i]);
    return why == ENOENT
               ? command_fail(EXIT_FAILED, "sudo is missing; as root: agent-sandbox%s", line.data)
               : command_fail(EXIT_FAILED, "can't run sudo: %s", strerror(why));
}
