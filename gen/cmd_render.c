#include "batch.h"
#include "command.h"
#include "message.h"
#include "outputs.h"
#include "signing.h"
#include "store.h"
#include "write_json.h"

#include <stdio.h>
#include <string.h>

static void report_render(const struct plan *plan, const struct store *store,
                          const struct changes *changes, const struct policy_report *policy,
                          enum store_result result, const struct store_id *id) {
    const char *folder = store_folder(store);
    if (result == STORE_UNCHANGED) {
        printf("%s: nothing changed (%.10s in %s)\n", plan->name.s, id->hex, folder);
        return;
    }
    printf("%s: committed %.10s in %s\n", plan->name.s, id->hex, folder);
    print_summary(plan, stdout);
    policy_print(policy, stdout);
    changes_print(changes, stdout);
    if (changes->first && !store_is_fleet(store))
        printf(
            "Read %s/README.md; then, on the host it is for: sudo %s%s/bin/agent-sandbox apply\n",
            folder, folder[0] == '/' || folder[0] == '.' ? "" : "./", folder);
}

static void report_json(struct json_writer *j, const struct plan *plan,
                        const struct changes *changes, const struct policy_report *policy,
                        enum store_result result, const struct store_id *id) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->name);
    jw_key(j, "commit");
    jw_name(j, (struct name){id->hex});
    jw_key(j, "changed");
    jw_bool(j, result == STORE_DONE);
    jw_key(j, "policy");
    jw_array(j);
    policy_report_json(policy, (struct name){NULL}, j);
    jw_end(j);
    jw_key(j, "files");
    jw_array(j);
    for (size_t i = 0; i < changes->n; i++)
        change_json(&changes->v[i], j);
    jw_end(j);
    jw_end(j);
}

static enum store_result render_one(struct store *store, const struct plan *plan,
                                    struct json_writer *j) {
    TREE_CLEANUP struct tree tree = {0};
    POLICY_REPORT_CLEANUP struct policy_report policy = {0};
    struct changes changes = {0};
    struct store_id id = {""};
    render_tree(plan, &tree);
    enum store_result result = store_compare(store, plan->name.s, &tree, changes_collect, &changes);
    if (result == STORE_DONE && changes.n)
        result = message_policy(store, plan, &policy);
    if (result == STORE_DONE) {
        BUF_CLEANUP struct buf message = {0};
        write_message(plan, &tree, &changes, &policy, store_is_fleet(store), &message);
        result = store_commit(store, plan->name.s, &tree, message.data, &id);
    }
    if (result == STORE_DONE || result == STORE_UNCHANGED) {
        if (j)
            report_json(j, plan, &changes, &policy, result, &id);
        else
            report_render(plan, store, &changes, &policy, result, &id);
    }
    changes_free(&changes);
    return result;
}

static enum exit_code render_batch(const struct call *call, const struct batch *batch) {
    struct store *store = NULL;
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    SIGNING_CLEANUP struct signing_key signing;
    if (!signing_of_batch(&signing, call, batch))
        return EXIT_WRONG;
    enum store_result result =
        store_open(&store, call->output, batch->n > 1 ? STORE_FLEET : STORE_WRITE);
    store_sign_with(store, signing_signer(&signing));
    jw_start(&j, &text);
    jw_array(&j);
    for (size_t i = 0; i < batch->n && (result == STORE_DONE || result == STORE_UNCHANGED); i++) {
        batch_progress(i, batch->n, "rendering");
        result = render_one(store, batch->plans[i], call->json ? &j : NULL);
    }
    batch_progress(batch->n, batch->n, "");
    jw_end(&j);
    jw_finish(&j);
    enum exit_code code = store_exit(result);
    if (call->json && code == EXIT_DONE)
        fwrite(text.data, 1, text.len, stdout);
    store_close(store);
    return code;
}

enum exit_code run_render(const struct call *call) {
    struct batch batch;
    enum exit_code code = EXIT_WRONG;
    batch_load(&batch, call->arguments, call->argument_count);
    if (batch_mistakes(&batch) == 0)
        code = render_batch(call, &batch);
    else
        batch_print_mistakes(&batch);
    batch_free(&batch);
    return code;
}
