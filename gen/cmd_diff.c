#include "batch.h"
#include "command.h"
#include "message.h"
#include "outputs.h"
#include "store.h"
#include "write_json.h"

#include <stdio.h>

static void print_change(const struct store_change *change) {
    printf("  %c %s", change->status, change->path);
    if (change->status == STORE_CHANGED)
        printf("  +%zu -%zu", change->lines_added, change->lines_removed);
    putchar('\n');
}

static enum exit_code diff_plan(const struct call *call, const struct plan *plan) {
    struct store *store = NULL;
    TREE_CLEANUP struct tree tree = {0};
    struct changes changes = {0};
    render_tree(plan, &tree);
    enum store_result result = store_open(&store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_compare(store, plan->name.s, &tree, changes_collect, &changes);
    enum exit_code code = store_exit(result);
    if (result == STORE_DONE && call->json) {
        BUF_CLEANUP struct buf text = {0};
        struct json_writer j;
        jw_start(&j, &text);
        jw_array(&j);
        for (size_t i = 0; i < changes.n; i++)
            change_json(&changes.v[i], &j);
        jw_end(&j);
        jw_finish(&j);
        fwrite(text.data, 1, text.len, stdout);
    } else if (result == STORE_DONE) {
        for (size_t i = 0; i < changes.n; i++)
            print_change(&changes.v[i]);
        if (call->patch)
            code = store_exit(store_print_patch(store, plan->name.s, &tree, stdout));
    }
    if (code == EXIT_DONE && changes.n)
        code = EXIT_DIFFERS;
    changes_free(&changes);
    store_close(store);
    return code;
}

enum exit_code run_diff(const struct call *call) {
    struct batch batch;
    enum exit_code code = EXIT_WRONG;
    batch_load(&batch, call->arguments, 1);
    if (batch_mistakes(&batch) == 0)
        code = diff_plan(call, batch.plans[0]);
    else
        batch_print_mistakes(&batch);
    batch_free(&batch);
    return code;
}
