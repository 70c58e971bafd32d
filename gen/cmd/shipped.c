#include "cmd/shipped.h"
#include "base/embedded.h"
#include "cmd/command.h"
#include "cmd/elevate.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULES "modules/"

static bool write_whole(int file, const char *data, size_t n) {
    while (n > 0) {
        ssize_t written = write(file, data, n);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            n -= (size_t)written;
        }
    }
    return true;
}

static bool make_folders(char *path, size_t from) {
    for (char *slash = path + from; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static bool write_file(const char *folder, const struct embedded *row) {
    char path[4096];
    bool script = row->length > 2 && memcmp(row->data, "#!", 2) == 0;
    snprintf(path, sizeof path, "%s/%s", folder, row->path + strlen(MODULES));
    if (!make_folders(path, strlen(folder) + 1))
        return false;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, script ? 0755 : 0644);
    if (file < 0)
        return false;
    bool written = write_whole(file, row->data, row->length);
    return close(file) == 0 && written;
}

static bool write_all(const char *folder) {
    for (size_t i = 0; i < embedded_count; i++)
        if (strncmp(embedded_files[i].path, MODULES, strlen(MODULES)) == 0 &&
            !write_file(folder, &embedded_files[i]))
            return false;
    return true;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at) {
    (void)info, (void)kind, (void)at;
    return remove(path);
}

/* -- running it: we only wait, and clean up behind it -- */

static volatile sig_atomic_t child;

static void hand_on(int number) {
    if (child > 0)
        kill((pid_t)child, number);
}

static void ignore(int number) {
    (void)number; /* the terminal sends these to the script, too */
}

/* Handlers, which exec undoes, and not SIG_IGN, which it keeps. */
static void wait_through_signals(void) {
    struct sigaction on = {.sa_handler = hand_on}, off = {.sa_handler = ignore};
    sigaction(SIGTERM, &on, NULL);
    sigaction(SIGHUP, &on, NULL);
    sigaction(SIGINT, &off, NULL);
    sigaction(SIGQUIT, &off, NULL);
}

/* For what reads specs on the host (approvals.py): us, and whatever else is installed is not asked.
 */
static void name_program(void) {
    char program[PATH_MAX];
    if (elevate_program(program))
        setenv("AGENT_SANDBOX_PROGRAM", program, 1);
    else
        unsetenv("AGENT_SANDBOX_PROGRAM");
}

static int run(const char *script, char *const arguments[]) {
    size_t n = 0;
    while (arguments[n])
        n++;
    const char **argv = calloc(n + 3, sizeof *argv);
    if (!argv)
        return (int)command_fail(EXIT_FAILED, "out of memory");
    argv[0] = "/bin/sh"; /* /tmp may be mounted noexec */
    argv[1] = script;
    memcpy(argv + 2, arguments, n * sizeof *argv);
    name_program();
    fflush(stdout);
    wait_through_signals();
    child = fork();
    if (child == 0) {
        execv(argv[0], (char **)argv);
        _exit(127);
    }
    free(argv);
    int status = 0;
    if (child < 0)
        return (int)command_fail(EXIT_FAILED, "can't start a process: %s", strerror(errno));
    while (waitpid((pid_t)child, &status, 0) < 0)
        if (errno != EINTR)
            return EXIT_FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int shipped_run(char *const arguments[]) {
    char folder[] = "/tmp/agent-sandbox.XXXXXX", script[64];
    mode_t mask = umask(022);
    if (!mkdtemp(folder))
        return (int)command_fail(EXIT_FAILED, "can't make a temporary folder: %s", strerror(errno));
    int code = EXIT_FAILED;
    bool written = write_all(folder);
    int error = errno;
    umask(mask);
    snprintf(script, sizeof script, "%s/bin/agent-sandbox", folder);
    if (written)
        code = run(script, arguments);
    else
        command_fail(EXIT_FAILED, "can't write to %s: %s", folder, strerror(error));
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return code;
}
