/* TABLE 6: the commands. It parses the command line, prints the help, the man page's list and the
 * completions. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
    EXIT_DONE = 0,   /* or nothing to do */
    EXIT_FAILED = 1, /* the system did not do it */
    EXIT_WRONG = 2,  /* the input is wrong */
    EXIT_DIFFERS = 3 /* diff, reproduce or drift found differences */
};

enum option_flag {
    OPTION_AGENT = 1,
    OPTION_OUTPUT = 2,
    OPTION_JSON = 4,
    OPTION_PATCH = 8,
    OPTION_HELP = 16,
    OPTION_FROM = 32,
    OPTION_REV = 64,
    OPTION_EXIT_CODE = 256,
    OPTION_POLICY = 512,
    OPTION_FLEET = 1024,
    OPTION_NAME = 8192,
    OPTION_SIGN = 2048,
    OPTION_SIGNATURE = 4096,
    /* Of forwarded commands, which read them: */
    OPTION_DRY_RUN = 16384,
    OPTION_TRY = 32768,
    OPTION_DENIED = 65536,
    OPTION_ALL = 131072,
    OPTION_FOLLOW = 262144,
    OPTION_LIST = 524288,
    OPTION_YES = 1048576
};

struct option_row {
    enum option_flag flag;
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* what it takes; NULL: nothing */
    const char *doc;
};

struct call { /* one command line, parsed */
    const struct command *command;
    const char *output; /* NULL: not given */
    const char *fleet;  /* the same */
    const char **agents;
    size_t agent_count;
    const char *from, *rev;   /* NULL: not given */
    const char *exit_code_on; /* NULL: not given */
    const char *name, *sign;  /* NULL: not given */
    bool json, patch, policy, signature;
    char **arguments;
    size_t argument_count;
};

struct command {
    const char *name;
    const char *arguments; /* as the usage shows them; "" for none */
    const char *doc;       /* one line, no full stop */
    const char *more;      /* a paragraph for its own help and the man page; NULL: none */
    unsigned options;      /* the sum of the option_flags that it takes besides --help */
    size_t least, most;    /* how many arguments */
    bool forwarded;        /* the control script of the rendered repository does it */
    enum exit_code (*run)(const struct call *call);
};

extern const struct command commands[];
extern const size_t commands_count;
extern const struct option_row option_rows[];
extern const size_t option_rows_count;

/* "agent-sandbox: WHAT" on standard error; returns the code. */
enum exit_code command_fail(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether escape sequences go to this stream: a terminal, and no NO_COLOR (no-color.org). */
bool command_color(int descriptor);

/* The whole program; front.c begins it. */
int agent_sandbox(int argc, char **argv);

enum exit_code run_init(const struct call *call);
enum exit_code run_check(const struct call *call);
enum exit_code run_render(const struct call *call);
enum exit_code run_diff(const struct call *call);
enum exit_code run_pin(const struct call *call);
enum exit_code run_log(const struct call *call);
enum exit_code run_show(const struct call *call);
enum exit_code run_rollback(const struct call *call);
enum exit_code run_checkout(const struct call *call);
enum exit_code run_reproduce(const struct call *call);
enum exit_code run_publish(const struct call *call);
enum exit_code run_schema(const struct call *call);
enum exit_code run_man(const struct call *call);
enum exit_code run_completion(const struct call *call);
enum exit_code run_forward(const struct call *call);

#endif
