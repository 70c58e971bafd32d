#include "base/calendar.h"
#include "base/die.h"
#include "cmd/batch.h"
#include "cmd/command.h"
#include "cmd/fleet.h"
#include "cmd/message.h"
#include "cmd/signing.h"
#include "render/outputs.h"
#include "state/state.h"
#include "store/store.h"
#include "write/write_json.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 20 };

/* What comes next; up does it itself. */
static void print_next(const struct call *call, const struct store *store, bool first) {
    const char *folder = store_folder(store);
    if (store_is_fleet(store) || !store_has_checkout(store))
        return;
    if (first)
        printf("%s/README.md says all of it in plain words.\n", folder);
    if (strcmp(call->command->name, "up") != 0)
        printf("Next, on the host that it is for: agent-sandbox apply -o %s\n", folder);
}

static void report_render(const struct call *call, const struct plan *plan,
                          const struct store *store, const struct message *message,
                          enum store_result result, const struct store_id *id) {
    const char *folder = store_folder(store);
    if (result == STORE_UNCHANGED) {
        printf("%s: nothing changed (%.10s in %s)\n", plan->name.s, id->hex, folder);
        return;
    }
    printf("%s: committed %.10s in %s\n", plan->name.s, id->hex, folder);
    if (store_by_hand(store))
        printf("  on top of %s, which people committed\n", store_by_hand(store));
    print_summary(plan, stdout);
    policy_print(&message->policy, stdout);
    print_gaps(plan, stdout);
    if (call->verbose)
        changes_print(&message->changes, stdout);
    else
        changes_print_sums(&message->changes, stdout);
    print_next(call, store, message->changes.first);
}

static void report_json(const struct plan *plan, const struct message *message,
                        enum store_result result, const struct store_id *id) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    jw_array(&j);
    render_json(&j, plan->name, id, result == STORE_DONE, &message->policy, &message->changes);
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

/* Again when another process committed the same sandbox of a fleet meanwhile. */
static enum store_result commit(struct store *store, const struct plan *plan,
                                const struct tree *tree, struct message *message,
                                struct store_draft **draft) {
    for (int i = 0; i < TRIES; i++) {
        enum store_result result =
            store_draft(store, plan->name.s, tree, write_message, message, draft);
        if (result == STORE_DONE)
            result = store_commit(store, draft, 1);
        if (result != STORE_DONE || !store_draft_overtaken(*draft))
            return result;
        store_draft_free(*draft);
        *draft = NULL;
        message_free(message);
    }
    return store_busy();
}

/* The first day on which the spec holds no more is the day after. */
static struct date last_day(const struct spec *spec) {
    struct date last = {0};
    for (size_t i = 0; i < spec->network.rules.n; i++)
        last = calendar_earlier(last, spec->network.rules.v[i].expires);
    for (size_t i = 0; i < spec->network.cidrs.n; i++)
        last = calendar_earlier(last, spec->network.cidrs.v[i].expires);
    return last;
}

/* For the next time, while the store is still ours. */
static void note_state(const struct call *call, const struct batch *batch,
                       const struct store *store, const struct tree *tree,
                       const struct store_id *id, struct timespec began) {
    const struct plan *plan = batch->plans[0];
    CHAR_CLEANUP char *branch = store_branch(store);
    const struct state state = {.folder = call->output,
                                .name = plan->name.s,
                                .commit = id->hex,
                                .branch = branch,
                                .until = last_day(plan->spec),
                                .inputs = batch->readings[0]->inputs,
                                .input_count = batch->readings[0]->input_count,
                                .tree = tree};
    if (call->output && branch)
        state_write(&state, began);
}

static enum exit_code render_plan(const struct call *call, const struct batch *batch,
                                  struct timespec began) {
    const struct plan *plan = batch->plans[0];
    TREE_CLEANUP struct tree tree = {0};
    struct message message = {.plan = plan, .tree = &tree};
    struct store *store = NULL;
    struct store_draft *draft = NULL;
    const struct signing_wish wish = {plan->name.s, plan->spec->signing.key.s};
    SIGNING_CLEANUP struct signing_key signing;
    if (!signing_of_specs(&signing, call->sign, &wish, 1))
        return EXIT_WRONG;
    render_tree(plan, &tree);
    enum store_result result = store_open(&store, call->output, STORE_WRITE);
    store_sign_with(store, signing_signer(&signing));
    if (result == STORE_DONE)
        message.fleet = store_is_fleet(store);
    if (result == STORE_DONE)
        result = commit(store, plan, &tree, &message, &draft);
    enum exit_code code = store_exit(result);
    if (code == EXIT_DONE && call->json)
        report_json(plan, &message, result, store_draft_id(draft));
    else if (code == EXIT_DONE)
        report_render(call, plan, store, &message, result, store_draft_id(draft));
    if (result == STORE_UNCHANGED && !store_is_fleet(store) && store_has_checkout(store))
        note_state(call, batch, store, &tree, store_draft_id(draft), began);
    store_draft_free(draft);
    message_free(&message);
    store_close(store);
    return code;
}

static enum exit_code render_one(const struct call *call) {
    struct batch batch;
    enum exit_code code = EXIT_WRONG;
    struct timespec began;
    clock_gettime(CLOCK_REALTIME, &began);
    store_warm_up();
    batch_load(&batch, call->arguments, 1);
    if (batch_diagnostics(&batch) == 0)
        code = render_plan(call, &batch, began);
    else
        batch_print_diagnostics(&batch);
    batch_free(&batch);
    store_settle();
    return code;
}

enum exit_code run_render(const struct call *call) {
    if (call->fleet && call->output)
        return command_fail(EXIT_WRONG, "render takes one of --output and --fleet");
    if (call->fleet || (call->argument_count > 1 && call->output))
        return fleet_render(call, call->fleet ? call->fleet : call->output);
    if (call->argument_count > 1)
        return command_fail(EXIT_WRONG, "several specs need --fleet REPO");
    return render_one(call);
}
