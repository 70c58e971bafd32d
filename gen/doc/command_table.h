/* TABLE 6: what a command and an option are. What is written from the table reads it by this. */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
    EXIT_DONE = 0,    /* or nothing to do */
    EXIT_FAILED = 1,  /* the system did not do it */
    EXIT_WRONG = 2,   /* the input is wrong */
    EXIT_DIFFERS = 3, /* diff, reproduce or drift found differences */
    EXIT_DENIED = 4   /* explain: the spec denies it */
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
    OPTION_YES = 1048576,
    OPTION_VERBOSE = 2097152,
    OPTION_SANDBOX = 4194304,
    OPTION_ORIGINS = 8388608,
    OPTION_METHOD = 16777216,
    OPTION_LIVE = 33554432
};

struct option_row {
    enum option_flag flag;
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* what it takes; NULL: nothing */
    const char *doc;
};

struct call;

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

struct command_table {
    const struct command *commands;
    size_t command_count;
    const struct option_row *options;
    size_t option_count;
};

#endif
