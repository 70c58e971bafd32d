/* Preloaded into the host program on the test machine: counts its calls that change a file, in the same
 * file as the tools that it starts (tests/live/faults), and at the call that is asked for the machine loses
 * apply, or its power. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/run/cut/"

static long number_in(const char *path) {
    char text[32] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    return n > 0 ? atol(text) : -1;
}

static void write_line(const char *path, int how, const char *line) {
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0644);
    if (file >= 0) {
        dprintf(file, "%s\n", line);
        close(file);
    }
}

static void step(const char *call, const char *path) {
    char line[4200];
    long n = number_in(FOLDER "n");
    if (n < 0)
        return;
    snprintf(line, sizeof line, "%ld", ++n);
    write_line(FOLDER "n", O_TRUNC, line);
    snprintf(line, sizeof line, "%ld %s %s", n, call, path);
    write_line(FOLDER "log", O_APPEND, line);
    if (n != number_in(FOLDER "at"))
        return;
    write_line(FOLDER "reached", O_TRUNC, "");
    if (access(FOLDER "power", F_OK) == 0)
        sleep(60);
    kill((pid_t)-number_in(FOLDER "group"), SIGKILL);
    sleep(60);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to) {
    step("rename", to);
    return NEXT(rename)(from, to);
}

int unlink(const char *path) {
    step("unlink", path);
    return NEXT(unlink)(path);
}

int symlink(const char *target, const char *path) {
    step("symlink", path);
    return NEXT(symlink)(target, path);
}

int mkdir(const char *path, mode_t mode) {
    step("mkdir", path);
    return NEXT(mkdir)(path, mode);
}

int fchmod(int file, mode_t mode) {
    step("fchmod", "a file that was written");
    return NEXT(fchmod)(file, mode);
}
