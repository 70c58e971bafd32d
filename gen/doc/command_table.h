/* TABLE 6: what a command and an option are. What is written from the table reads it by this. */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code {
    EXIT_DONE = 0,   /* or nothing to do */
    EXIT_FAILED = 1, /* the system did not do it */
    EXIT_WRONG = 2,  /* the input is wrong */
    /* diff, reproduce or drift found differences; lint or logs --check something; export would lose
     * something */
    EXIT_DIFFERS = 3,
    EXIT_DENIED = 4 /* explain: the spec denies it */
};

/* A bit each, in 64: an enum has an int's. */
typedef uint64_t option_flags;
#define OPTION_AGENT (UINT64_C(1) << 0)
#define OPTION_LOGIN (UINT64_C(1) << 60)
#define OPTION_OUTPUT (UINT64_C(1) << 1)
#define OPTION_JSON (UINT64_C(1) << 2)
#define OPTION_PATCH (UINT64_C(1) << 3)
#define OPTION_HELP (UINT64_C(1) << 4)
#define OPTION_FROM (UINT64_C(1) << 5)
#define OPTION_REV (UINT64_C(1) << 6)
#define OPTION_TEAM (UINT64_C(1) << 7)
#define OPTION_EXIT_CODE (UINT64_C(1) << 8)
#define OPTION_POLICY (UINT64_C(1) << 9)
#define OPTION_FLEET (UINT64_C(1) << 10)
#define OPTION_NAME (UINT64_C(1) << 11)
#define OPTION_SIGN (UINT64_C(1) << 12)
#define OPTION_SIGNATURE (UINT64_C(1) << 13)
#define OPTION_DRY_RUN (UINT64_C(1) << 14)
#define OPTION_OCSF (UINT64_C(1) << 35) /* of logs */
#define OPTION_OTLP (UINT64_C(1) << 36) /* of logs */
#define OPTION_SINCE (UINT64_C(1) << 33)
#define OPTION_UNTIL (UINT64_C(1) << 34)
#define OPTION_CHECK (UINT64_C(1) << 32) /* of logs */
/* Of forwarded commands, which read them: */
#define OPTION_TRY (UINT64_C(1) << 15)
#define OPTION_DENIED (UINT64_C(1) << 16)
#define OPTION_ALL (UINT64_C(1) << 17)
#define OPTION_FOLLOW (UINT64_C(1) << 18)
#define OPTION_LIST (UINT64_C(1) << 19)
#define OPTION_YES (UINT64_C(1) << 20)
#define OPTION_VERBOSE (UINT64_C(1) << 21)
#define OPTION_SANDBOX (UINT64_C(1) << 22)
#define OPTION_ORIGINS (UINT64_C(1) << 23)
#define OPTION_METHOD (UINT64_C(1) << 24)
#define OPTION_LIVE (UINT64_C(1) << 25)
#define OPTION_KEY (UINT64_C(1) << 26)
#define OPTION_LOSSY (UINT64_C(1) << 27)
#define OPTION_MATRIX (UINT64_C(1) << 28)
#define OPTION_LOG (UINT64_C(1) << 29)
#define OPTION_FOLD (UINT64_C(1) << 30)
#define OPTION_PINNED (UINT64_C(1) << 31)
#define OPTION_LOGIN_FILE (UINT64_C(1) << 40)
#define OPTION_OPEN_BROWSER (UINT64_C(1) << 41)
#define OPTION_BESIDE (UINT64_C(1) << 43) /* --worktree and --clone */
#define OPTION_LAND (UINT64_C(1) << 42)   /* what land takes besides, more than one row */
#define OPTION_PROJECT (UINT64_C(1) << 44)
#define OPTION_REMOVE (UINT64_C(1) << 45) /* of projects */
#define OPTION_ACP (UINT64_C(1) << 46)    /* of run */
#define OPTION_DETACH (UINT64_C(1) << 47)
#define OPTION_EPHEMERAL (UINT64_C(1) << 48)
#define OPTION_IMAGE (UINT64_C(1) << 49)
#define OPTION_STALE (UINT64_C(1) << 56)  /* of projects */
#define OPTION_REPORT (UINT64_C(1) << 61) /* of verify */
#define OPTION_INTO (UINT64_C(1) << 62)   /* of report-check */

/* Of grant and its like, and allow: */
#define OPTION_FOR (UINT64_C(1) << 50)
#define OPTION_ONCE (UINT64_C(1) << 52)
#define OPTION_SESSION (UINT64_C(1) << 53)
#define OPTION_REASON (UINT64_C(1) << 54)
#define OPTION_PLAIN (UINT64_C(1) << 55)

struct option_row {
    option_flags flag;
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
    option_flags options;  /* the sum of those that it takes besides --help */
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
