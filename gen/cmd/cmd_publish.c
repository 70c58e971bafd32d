/* publish: with update, all that leaves the machine, and only when it is asked to. */
#include "base/process.h"
#include "cmd/command.h"
#include "cmd/message.h"

#include <stdio.h>
#include <string.h>

/* With the user's own git: its credentials, its settings, its hooks. No force: what is there and
 * not here stays. */
static enum exit_code push(const struct store *store, const char *branch, const char *remote) {
    static char approvals[] = STORE_APPROVALS "/*:" STORE_APPROVALS "/*";
    char *argv[] = {"git",
                    "-C",
                    (char *)store_folder(store),
                    "--git-dir=.",
                    "push",
                    "--",
                    (char *)remote,
                    (char *)branch,
                    approvals,
                    NULL};
    if (store_has_checkout(store)) /* a bare one git may want to be named (safe.bareRepository) */
        memmove(&argv[3], &argv[4], 6 * sizeof *argv);
    int code = process_run(argv, NULL, NULL, true);
    if (code < 0)
        return EXIT_FAILED;
    return code ? command_fail(EXIT_FAILED, "git did not push to %s (exit code %d)", remote, code)
                : EXIT_DONE;
}

enum exit_code run_publish(const struct call *call) {
    struct store *store = NULL;
    BUF_CLEANUP struct buf branch = {0};
    const char *remote = call->arguments[0];
    if (!*remote || *remote == '-')
        return command_fail(EXIT_WRONG, "\"%s\" is no remote", remote);
    enum store_result result = store_open(&store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_branch_of_newest(store, &branch);
    enum exit_code code = store_exit(result);
    if (code == EXIT_DONE)
        code = push(store, branch.data, remote);
    store_close(store);
    return code;
}
