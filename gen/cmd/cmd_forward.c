/* What is done on the host itself, by a control script: the applied copy's, which is root's. Only
 * apply, and what has no applied copy yet, takes the one that this program was built with. No file
 * that was found by looking around is ever run: it may be the agent's. */
#include "base/die.h"
#include "cmd/ahead.h"
#include "cmd/applied.h"
#include "cmd/command.h"
#include "cmd/elevate.h"
#include "cmd/shipped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* argv: room for the words of the call, and three more. */
static void fill(char **argv, const struct call *call, bool with_folder) {
    size_t n = 0;
    argv[n++] = (char *)call->command->name;
    if (with_folder && call->output) {
        argv[n++] = "-o";
        argv[n++] = (char *)call->output;
    }
    memcpy(argv + n, call->arguments, call->argument_count * sizeof *argv);
    argv[n + call->argument_count] = NULL;
}

static enum exit_code run_applied(const struct call *call, const char *name, char **argv) {
    char script[APPLIED_PATH], others[APPLIED_PATH];
    if (!applied_script(name, script)) {
        if (strcmp(call->command->name, "status") == 0) {
            printf("sandbox %s: not applied", name);
            applied_list(stdout);
            puts("");
            return EXIT_FAILED;
        }
        return command_fail(EXIT_WRONG, "%s is not applied here: run 'agent-sandbox apply' first",
                            name);
    }
    if (applied_is_others(script, others))
        return command_fail(EXIT_WRONG, "%s is not root's alone: nothing of it is run", others);
    /* By us, because the applied copy, as root, is given no repository of anybody's. */
    if (strcmp(call->command->name, "status") == 0 && call->argument_count == 0)
        ahead_print(name, call->output);
    fill(argv + 1, call, false);
    argv[0] = script;
    fflush(stdout);
    execv(script, argv);
    return command_fail(EXIT_FAILED, "can't run %s: %s", script, strerror(errno));
}

/* Only these change the system by themselves; what is for operators, their script asks sudo for. */
static bool is_for_root(const struct call *call) {
    const char *name = call->command->name;
    if (strcmp(name, "apply") != 0 && strcmp(name, "remove") != 0 && strcmp(name, "secrets") != 0)
        return false;
    for (size_t i = 0; i < call->argument_count; i++)
        if (strcmp(call->arguments[i], "--dry-run") == 0)
            return false;
    return true;
}

/* The same words again: which sandbox they mean is looked up as root. */
static enum exit_code run_as_root(const struct call *call) {
    char **words = must_alloc((call->argument_count + 6) * sizeof *words);
    size_t n = 0;
    words[n++] = (char *)call->command->name;
    if (call->sandbox)
        words[n++] = "-s", words[n++] = (char *)call->sandbox;
    if (call->output)
        words[n++] = "-o", words[n++] = (char *)call->output;
    memcpy(words + n, call->arguments, call->argument_count * sizeof *words);
    words[n + call->argument_count] = NULL;
    enum exit_code code = elevate(words);
    free(words);
    return code;
}

/* What is also asked where the sandbox is not, or not any more: verify only for a report of what
 * remove has left. */
static bool outlives_it(const struct call *call) {
    if (strcmp(call->command->name, "remove") == 0)
        return true;
    for (size_t i = 0; strcmp(call->command->name, "verify") == 0 && i < call->argument_count; i++)
        if (strcmp(call->arguments[i], "--report") == 0)
            return true;
    return false;
}

enum exit_code run_forward(const struct call *call) {
    const char *command = call->command->name, *folder = call->output ? call->output : ".";
    char **argv = must_alloc((call->argument_count + 5) * sizeof *argv);
    char name[APPLIED_NAME], script[APPLIED_PATH];
    bool shipped = strcmp(command, "apply") == 0 || strcmp(command, "doctor") == 0 ||
                   strcmp(command, "report-check") == 0;
    enum exit_code code = EXIT_WRONG;
    if (call->sandbox && call->output) {
        free(argv);
        return command_fail(EXIT_WRONG, "%s takes --sandbox or --output, not both", command);
    }
    if (geteuid() != 0 && is_for_root(call)) {
        free(argv);
        return run_as_root(call);
    }
    /* It compares with the repository, which only a script that looks at it can. */
    shipped =
        shipped || (!call->sandbox && strcmp(command, "drift") == 0 && applied_tree_around(folder));
    if (!shipped && (call->sandbox ? applied_named(call->sandbox, name)
                                   : applied_choose(folder, call->output != NULL, name))) {
        shipped = outlives_it(call) && !applied_script(name, script);
        if (!shipped)
            code = run_applied(call, name, argv);
    }
    if (shipped) {
        fill(argv, call, true);
        code = (enum exit_code)shipped_run(argv);
    }
    free(argv);
    return code;
}
