#include "cmd/batch.h"
#include "cmd/command.h"

#include <stdio.h>
#include <unistd.h>

enum exit_code run_check(const struct call *call) {
    struct batch batch;
    batch_load(&batch, call->arguments, call->argument_count);
    size_t wrong = batch_diagnostics(&batch);
    if (call->json) {
        for (size_t i = 0; i < batch.n; i++)
            diagnostics_print_json(batch.readings[i]->diagnostics, stdout);
    } else {
        batch_print_diagnostics(&batch);
        if (!wrong && isatty(STDOUT_FILENO))
            printf("%zu spec%s, no mistake\n", batch.n, batch.n == 1 ? "" : "s");
    }
    batch_free(&batch);
    return wrong ? EXIT_WRONG : EXIT_DONE;
}
