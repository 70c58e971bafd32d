/* From a spec to an applied sandbox: check, render, and, once somebody has read what it opens and
 * said yes, apply by this very program, with sudo where it has to be. */
#include "cmd/command.h"
#include "cmd/elevate.h"
#include "cmd/shipped.h"

#include <stdio.h>
#include <unistd.h>

/* No answer is no. */
static bool says_yes(void) {
    char answer[16] = "";
    printf("Apply it to this host? [y/N] ");
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum exit_code apply(const char *folder) {
    char *words[] = {"apply", "-o", (char *)folder, NULL};
    return geteuid() == 0 ? (enum exit_code)shipped_run(words) : elevate(words);
}

enum exit_code run_up(const struct call *call) {
    char *spec[] = {call->argument_count ? call->arguments[0] : UP_SPEC};
    struct call render = *call;
    render.arguments = spec;
    render.argument_count = 1;
    render.output = call->output ? call->output : UP_FOLDER;
    if (!call->yes && !isatty(STDIN_FILENO))
        return command_fail(EXIT_WRONG, "up asks before it applies, and nobody can answer: --yes");
    enum exit_code code = run_render(&render);
    if (code != EXIT_DONE)
        return code;
    if (!call->yes && !says_yes()) {
        printf("It is committed, and not applied: agent-sandbox apply -o %s\n", render.output);
        return EXIT_DONE;
    }
    return apply(render.output);
}
