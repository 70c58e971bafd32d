#include "command.h"
#include "message.h"

#include <stdio.h>

enum exit_code run_rollback(const struct call *call) {
    struct store *store = NULL;
    struct store_id id = {""};
    const char *revision = call->argument_count ? call->arguments[0] : NULL;
    enum store_result result = store_open(&store, call->output, STORE_WRITE);
    if (result == STORE_DONE)
        result = store_rollback(store, revision, &id);
    if (call->json && (result == STORE_DONE || result == STORE_UNCHANGED))
        printf("{\n  \"commit\": \"%s\",\n  \"changed\": %s\n}\n", id.hex,
               result == STORE_DONE ? "true" : "false");
    else if (result == STORE_DONE)
        printf("rolled back: committed %.10s in %s\n", id.hex, store_folder(store));
    else if (result == STORE_UNCHANGED)
        printf("nothing changed: the newest generation has that very tree\n");
    store_close(store);
    return store_exit(result);
}
