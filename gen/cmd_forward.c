/* The commands that a rendered repository's control script does. */
#include "command.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum exit_code run_forward(const struct call *call) {
    struct store *store = NULL;
    enum store_result result = store_open(&store, call->output, STORE_READ);
    if (result != STORE_DONE) {
        store_close(store);
        return store_exit(result);
    }
    size_t n = call->argument_count;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/bin/agent-sandbox", store_folder(store));
    store_close(store);
    char **argv = malloc((n + 3) * sizeof *argv);
    if (!argv)
        return command_fail(EXIT_FAILED, "out of memory");
    argv[0] = folder;
    argv[1] = (char *)call->command->name;
    memcpy(argv + 2, call->arguments, n * sizeof *argv);
    argv[n + 2] = NULL;
    fflush(stdout);
    execv(folder, argv);
    int error = errno;
    free(argv);
    return command_fail(EXIT_FAILED, "can't run %s: %s", folder, strerror(error));
}
