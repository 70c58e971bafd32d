/*
 * took FILE COMMAND...: runs it with its output thrown away, and writes into FILE what it took:
 * nanoseconds on the clock, microseconds on processors, its own peak of memory in KiB. Exits as it
 * did. A process of its own, as small as can be, so that starting the command costs the same
 * whoever measures, and the measurer's memory is not counted as the command's.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
int wait4(int pid, int *status, int options, struct rusage *usage); /* not in POSIX */

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) {
    return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv) {
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t pid;
    int status;
    FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
    if (!out)
        return 125;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    long long began = now();
    if (posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0)
        return 126;
    if (wait4(pid, &status, 0, &usage) != pid)
        return 125;
    long long ended = now();
    fprintf(out, "%lld %lld %ld\n", ended - began,
            microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
    if (fclose(out) != 0)
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 124;
}
