#include "terminal/options.h"

#include "terminal/sequences.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: agent-sandbox-terminal [--user UID:GID] [--clipboard] [--events FD] [--] COMMAND "
    "[ARGUMENT]...\n"
    "       agent-sandbox-terminal [--user UID:GID] [--clipboard] --pipe\n"
    "       agent-sandbox-terminal --table\n"
    "\n"
    "Runs a command in a terminal of its own and shows what it prints in yours: text, colours, the "
    "cursor\n"
    "and what programs that fill the screen need, and nothing that types, copies or asks on its "
    "behalf.\n"
    "`agent-sandbox run` and `shell` start it; nothing else has to.\n"
    "\n"
    "  --user UID:GID  who reads what the command prints: all other rights are given up for good, "
    "once the\n"
    "                  command has been started\n"
    "  --clipboard     the command may write the clipboard (OSC 52), and still not read it\n"
    "  --events FD     a line for each time that it rings (b) or sends a notice (n TEXT) while "
    "nobody types\n"
    "  --pipe          no command: what comes on standard input, to the terminal on standard "
    "output\n"
    "  --table         what a terminal can be told, and what becomes of it, a line each: decision, "
    "kind, example, what\n"
    "                  it is, by which document\n"
    "  --version       print the version\n"
    "\n"
    "Exit codes: the command's, or 128 and the number of the signal that ended it; 127 it cannot "
    "be started;\n"
    "2 the command line is wrong; 1 there is no terminal, or the system failed.\n";

static const struct option known[] = {
    {"user", required_argument, NULL, 'u'},   {"clipboard", no_argument, NULL, 'c'},
    {"events", required_argument, NULL, 'e'}, {"pipe", no_argument, NULL, 'p'},
    {"table", no_argument, NULL, 't'},        {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

static _Noreturn void misused(const char *why) {
    if (why)
        fprintf(stderr, "agent-sandbox-terminal: %s\n", why);
    fputs("try 'agent-sandbox-terminal --help'\n", stderr);
    exit(2);
}

/* Decimal digits up to the end character: where that is, or NULL. Root and what no account has are
 * none. */
static const char *read_id(const char *text, char end, unsigned *id) {
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > 10 || text[digits] != end)
        return NULL;
    unsigned long long value = strtoull(text, NULL, 10);
    if (!value || value >= 0xffffffffULL)
        return NULL;
    *id = (unsigned)value;
    return text + digits;
}

static void read_user(struct options *own, const char *text) {
    unsigned user, group;
    const char *colon = read_id(text, ':', &user);
    if (!colon || !read_id(colon + 1, '\0', &group))
        misused("--user needs UID:GID, two numbers that are not root's");
    own->drops = true;
    own->user = user;
    own->group = group;
}

static void read_events(struct options *own, const char *text) {
    unsigned number;
    if (!read_id(text, '\0', &number) || number < 3 || number > INT_MAX ||
        fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0)
        misused("--events needs the number of an open descriptor above 2");
    own->events = (int)number;
}

struct options options_read(int argc, char **argv) {
    struct options own = {.events = -1};
    int option;
    /* +: the command's own options are its own. */
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        switch (option) {
        case 'u':
            read_user(&own, optarg);
            break;
        case 'c':
            own.clipboard = true;
            break;
        case 'e':
            read_events(&own, optarg);
            break;
        case 'p':
            own.pipe = true;
            break;
        case 't':
            table_print();
            exit(0);
        case 'v':
            puts("agent-sandbox-terminal " VERSION);
            exit(0);
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            misused(NULL);
        }
    }
    if (own.pipe && (optind < argc || own.events >= 0))
        misused("--pipe takes neither a command nor --events");
    if (!own.pipe && optind == argc)
        misused("which command?");
    own.command = argv + optind;
    return own;
}
