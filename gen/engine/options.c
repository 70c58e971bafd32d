#include "engine/options.h"
#include "engine/target.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
static const char usage[] =
    "usage: agent-sandbox-proxy --policy FILE --state DIR [--authorities FILE] [--control PATH]\n"
    "                           [--grants FILE]...\n"
    "       agent-sandbox-proxy --capture PORT\n"
    "       agent-sandbox-proxy --ssh-agent DIR [--sign-commits]\n"
    "\n"
    "The native engine: decides every request by policy.json before anything leaves, and puts "
    "secrets\n"
    "in. It listens where the policy says, and is started by the unit that `agent-sandbox render` "
    "wrote.\n"
    "With --capture: the resolver inside, and the way to the proxy for programs that know none.\n"
    "With --ssh-agent: what a session sees of the operator's ssh-agent.\n"
    "\n"
    "  --policy FILE       policy.json; a change is taken up at once, and with SIGHUP everything "
    "is read again\n"
    "  --state DIR         its certificate authority; its own, mode 0700\n"
    "  --authorities FILE  certificates (PEM) that servers are verified with, in place of the "
    "system's\n"
    "  --control PATH      the socket by which root asks what waits, and tells what changed\n"
    "  --grants FILE       what operators have granted; once or twice\n"
    "  --capture PORT      the proxy's port; the sockets come from the service manager\n"
    "  --ssh-agent DIR     known_hosts and keys, which it decides by; the socket comes from the "
    "service manager\n"
    "  --sign-commits      it also signs what git signs\n"
    "  --version           print the version\n";

static const struct option known[] = {
    {"policy", required_argument, NULL, 'p'},
    {"state", required_argument, NULL, 's'},
    {"authorities", required_argument, NULL, 'a'},
    {"control", required_argument, NULL, 'C'},
    {"grants", required_argument, NULL, 'g'},
    {"capture", required_argument, NULL, 'c'},
    {"ssh-agent", required_argument, NULL, 'A'},
    {"sign-commits", no_argument, NULL, 'S'},
    {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static _Noreturn void misused(void) {
    fputs(usage, stderr);
    exit(2);
}

static int read_port(const char *text) {
    int port;
    if (target_port(bytes_of(text), &port))
        misused();
    return port;
}

struct options options_read(int argc, char **argv) {
    struct options own = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'p':
            own.policy = optarg;
            break;
        case 's':
            own.state = optarg;
            break;
        case 'a':
            own.authorities = optarg;
            break;
        case 'C':
            own.control = optarg;
            break;
        case 'g':
            if (own.grants_count == OPTIONS_GRANTS)
                misused();
            own.grants[own.grants_count++] = optarg;
            break;
        case 'c':
            own.capture = read_port(optarg);
            break;
        case 'A':
            own.ssh_agent = optarg;
            break;
        case 'S':
            own.sign_commits = true;
            break;
        case 'v':
            puts("agent-sandbox-proxy " VERSION);
            exit(0);
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            misused();
        }
    }
    bool is_proxy = own.policy && own.state,
         says_proxy = own.policy || own.state || own.authorities || own.control || own.grants_count;
    bool is_other = own.capture || own.ssh_agent;
    if (optind < argc || (is_other ? says_proxy : !is_proxy) || (own.capture && own.ssh_agent) ||
        (own.sign_commits && !own.ssh_agent))
        misused();
    return own;
}
