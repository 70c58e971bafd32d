/* TABLE 6: the commands. It parses the command line, prints the help, the man page's list and the
 * completions. */
#ifndef COMMAND_H
#define COMMAND_H

#include "doc/command_table.h"

/* Where up looks for a spec, and renders it to, when it is not told. */
#define UP_SPEC "agent-sandbox.json"
#define UP_FOLDER "sandbox"

struct call { /* one command line, parsed */
    const struct command *command;
    const char *output; /* NULL: not given */
    const char *fleet;  /* the same */
    const char **agents;
    size_t agent_count;
    const char **logins;
    size_t login_count;
    const char *from, *rev;        /* NULL: not given */
    const char *exit_code_on;      /* NULL: not given */
    const char *name, *sign, *key; /* NULL: not given */
    const char *sandbox, *method;  /* the same */
    const char *reason;            /* the same */
    const char *log;               /* the same */
    const char *since, *until;     /* the same */
    bool json, patch, policy, signature, yes, verbose, origins, live, lossy, matrix, team;
    bool dry_run, pinned;
    char **arguments;
    size_t argument_count;
};

extern const struct command_table command_table;

/* "agent-sandbox: WHAT" on standard error; returns the code. */
enum exit_code command_fail(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether escape sequences go to this stream: a terminal, and no NO_COLOR (no-color.org). */
bool command_color(int descriptor);

/* The whole program; front.c begins it. */
int agent_sandbox(int argc, char **argv);

enum exit_code run_init(const struct call *call);
enum exit_code run_check(const struct call *call);
enum exit_code run_explain(const struct call *call);
enum exit_code run_lint(const struct call *call);
enum exit_code run_report(const struct call *call);
enum exit_code run_resolve(const struct call *call);
enum exit_code run_export(const struct call *call);
enum exit_code run_import(const struct call *call);
enum exit_code run_render(const struct call *call);
enum exit_code run_diff(const struct call *call);
enum exit_code run_allow(const struct call *call);
enum exit_code run_pin(const struct call *call);
enum exit_code run_update(const struct call *call);
enum exit_code run_log(const struct call *call);
enum exit_code run_show(const struct call *call);
enum exit_code run_rollback(const struct call *call);
enum exit_code run_checkout(const struct call *call);
enum exit_code run_reproduce(const struct call *call);
enum exit_code run_publish(const struct call *call);
enum exit_code run_signatures(const struct call *call);
enum exit_code run_approve(const struct call *call);
enum exit_code run_schema(const struct call *call);
enum exit_code run_vocabulary(const struct call *call);
enum exit_code run_man(const struct call *call);
enum exit_code run_completion(const struct call *call);
enum exit_code run_up(const struct call *call);
enum exit_code run_forward(const struct call *call);

#endif
