/* What a session prints, on its way to the operator's terminal. */
#include "terminal/options.h"
#include "terminal/relay.h"
#include "terminal/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static _Noreturn void failed(const char *what) {
    fprintf(stderr, "agent-sandbox-terminal: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The command, as the leader of a session whose terminal is the other one. */
static _Noreturn void become(int slave, char **command) {
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0))
        failed("the command gets no terminal");
    for (int i = 0; i < 3; i++)
        dup2(slave, i);
    if (slave > 2)
        close(slave);
    execvp(*command, command);
    fprintf(stderr, "agent-sandbox-terminal: %s: %s\n", *command, strerror(errno));
    _exit(127);
}

/* The other terminal has this one's size, and its settings: which key ends a line is the operator's
 * choice. */
static struct relay opened(const struct options *o) {
    struct relay own = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    if (own.master < 0 || grantpt(own.master) || unlockpt(own.master))
        failed("no new terminal");
    fcntl(own.master, F_SETFD, FD_CLOEXEC);
    const char *name = ptsname(own.master);
    struct winsize size;
    if (!name || tcgetattr(0, &own.found))
        failed("no new terminal");
    int slave = open(name, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcsetattr(slave, TCSANOW, &own.found))
        failed("no new terminal");
    if (!ioctl(0, TIOCGWINSZ, &size))
        ioctl(own.master, TIOCSWINSZ, &size);
    own.child = fork();
    if (own.child < 0)
        failed("no new process");
    if (!own.child)
        become(slave, o->command);
    close(slave);
    return own;
}

int main(int argc, char **argv) {
    struct options options = options_read(argc, argv);
    if (options.pipe) {
        if (!rights_give_up(&options))
            failed("the rights of others cannot be given up");
        return relay_pipe(options.clipboard);
    }
    if (!isatty(0) || !isatty(1)) {
        fputs("agent-sandbox-terminal: standard input and output must be a terminal\n", stderr);
        return 1;
    }
    struct relay relay = opened(&options);
    relay.clipboard = options.clipboard;
    relay.events = options.events;
    if (!rights_give_up(&options))
        failed("the rights of others cannot be given up");
    return relay_run(&relay);
}
