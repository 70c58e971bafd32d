#include "base/buf_raw.h"
#include "base/sha256.h"
#include "cmd/command.h"
#include "cmd/message.h"

#include <stdio.h>

struct origin {
    const char *sandbox;
    struct store_id commit;
    const struct tree *tree;
};

/* The fleet's own commit says what changed and why; this one says where that stands. */
static void write_origin(const struct store_before *before, void *context, struct buf *out) {
    const struct origin *origin = context;
    const struct file *spec = tree_find(origin->tree, "spec.json");
    char hex[65];
    buf_printf(out, "%s sandbox %s at %.10s\n\nThe fleet's commit is %s.\n",
               before->spec ? "Update" : "Check out", origin->sandbox, origin->commit.hex,
               origin->commit.hex);
    if (spec) {
        sha256_hex(spec->data.data, spec->data.len, hex);
        buf_printf(out, "\nSpec-SHA256: %s", hex);
    }
    buf_printf(out, "\n" GENERATOR_TRAILER "%s\n", VERSION);
}

static enum store_result commit_to(struct store *store, struct origin *origin,
                                   struct store_id *id) {
    struct store_draft *draft = NULL;
    enum store_result result =
        store_draft(store, origin->sandbox, origin->tree, write_origin, origin, &draft);
    if (result == STORE_DONE)
        result = store_commit(store, &draft, 1);
    if (result == STORE_DONE || result == STORE_UNCHANGED)
        *id = *store_draft_id(draft);
    store_draft_free(draft);
    return result;
}

static enum store_result check_out(struct origin *origin, const char *folder, struct store_id *id) {
    struct store *store = NULL;
    enum store_result result = store_open(&store, folder, STORE_WRITE);
    if (result == STORE_DONE)
        result = store_need_work_tree(store);
    if (result == STORE_DONE)
        result = commit_to(store, origin, id);
    store_close(store);
    return result;
}

enum exit_code run_checkout(const struct call *call) {
    TREE_CLEANUP struct tree tree = {0};
    struct origin origin = {.sandbox = call->arguments[0], .tree = &tree};
    const char *folder = call->arguments[1];
    struct store *fleet = NULL;
    struct store_id id = {""};
    enum store_result result =
        store_open(&fleet, call->fleet ? call->fleet : call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_load_sandbox(fleet, origin.sandbox, &tree, &origin.commit);
    if (result == STORE_DONE)
        result = check_out(&origin, folder, &id);
    if (result == STORE_DONE)
        printf("%s: checked out in %s (%.10s of the fleet)\n", origin.sandbox, folder,
               origin.commit.hex);
    else if (result == STORE_UNCHANGED)
        printf("%s: nothing changed in %s\n", origin.sandbox, folder);
    enum exit_code code = store_exit(result);
    store_close(fleet);
    return code;
}
