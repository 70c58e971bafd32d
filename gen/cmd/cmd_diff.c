#include "cmd/batch.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "render/outputs.h"
#include "store/store.h"
#include "write/write_json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- what is printed -- */

static void print_change(const struct store_change *change) {
    printf("  %c %s", change->status, change->path);
    if (change->status == STORE_CHANGED)
        printf("  +%zu -%zu", change->lines_added, change->lines_removed);
    putchar('\n');
}

/* changes NULL: no files were rendered. */
static void print_text(const struct policy_report *policy, const struct changes *changes) {
    if (!policy_report_empty(policy) || (changes && changes->n))
        policy_print(policy, stdout);
    if (changes && changes->n)
        puts("Files:");
    for (size_t i = 0; changes && i < changes->n; i++)
        print_change(&changes->v[i]);
}

static void print_json(const struct policy_report *policy, const struct changes *changes,
                       const struct spec *spec) {
    BUF_CLEANUP struct buf text = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct json_writer j;
    policy_report_subject(policy, spec->name, false, &subject);
    jw_start(&j, &text);
    jw_object(&j);
    jw_key(&j, "subject");
    jw_inert(&j, &subject);
    jw_key(&j, "policy");
    jw_array(&j);
    policy_report_json(policy, (struct name){NULL}, &j);
    jw_end(&j);
    if (changes) {
        jw_key(&j, "files");
        jw_array(&j);
        for (size_t i = 0; i < changes->n; i++)
            change_json(&changes->v[i], &j);
        jw_end(&j);
    }
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

static void print_diff(const struct call *call, const struct policy_report *policy,
                       const struct changes *changes, const struct spec *spec) {
    if (call->json)
        print_json(policy, changes, spec);
    else
        print_text(policy, changes);
}

static bool only_widening(const struct call *call) {
    return call->exit_code_on && strcmp(call->exit_code_on, "widening") == 0;
}

static enum exit_code exit_of(const struct call *call, const struct policy_report *policy,
                              bool files) {
    bool differs =
        only_widening(call) ? policy_report_widens(policy) : files || !policy_report_empty(policy);
    return differs ? EXIT_DIFFERS : EXIT_DONE;
}

/* -- against the newest generation -- */

static enum exit_code diff_plan(const struct call *call, const struct plan *plan) {
    struct store *store = NULL;
    TREE_CLEANUP struct tree tree = {0};
    POLICY_REPORT_CLEANUP struct policy_report policy = {0};
    struct changes changes = {0};
    render_tree(plan, &tree);
    enum store_result result = store_open(&store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_compare(store, plan->name.s, &tree, changes_collect, &changes);
    if (result == STORE_DONE)
        result = message_policy(store, plan, &policy);
    enum exit_code code = store_exit(result);
    if (result == STORE_DONE) {
        print_diff(call, &policy, &changes, plan->spec);
        if (call->patch && !call->json)
            code = store_exit(store_print_patch(store, plan->name.s, &tree, stdout));
    }
    if (code == EXIT_DONE)
        code = exit_of(call, &policy, changes.n > 0);
    changes_free(&changes);
    store_close(store);
    return code;
}

static enum exit_code diff_generation(const struct call *call) {
    struct batch batch;
    enum exit_code code = EXIT_WRONG;
    batch_load(&batch, call->arguments, 1);
    if (batch_diagnostics(&batch) == 0)
        code = diff_plan(call, batch.plans[0]);
    else
        batch_print_diagnostics(&batch);
    batch_free(&batch);
    return code;
}

/* -- between two specs -- */

static bool is_nothing(const char *path) {
    return strcmp(path, "/dev/null") == 0;
}

static enum exit_code diff_specs(const struct call *call) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct reading *old_reading = reading_new(diagnostics), *new_reading = reading_new(diagnostics);
    struct policy_report policy = {.arena = new_reading->arena};
    enum exit_code code = EXIT_WRONG;
    const struct spec *old = NULL, *new = load_spec(new_reading, call->arguments[1]);
    if (!is_nothing(call->arguments[0]))
        old = load_older_spec(old_reading, call->arguments[0]);
    if (diagnostics_count(diagnostics) == 0) {
        policy_compare(&policy.diff, old, new, policy.arena);
        print_diff(call, &policy, NULL, new);
        code = exit_of(call, &policy, false);
    } else {
        diagnostics_print(diagnostics, stderr, command_color(STDERR_FILENO));
    }
    diagnostics_free(diagnostics);
    reading_free(old_reading);
    reading_free(new_reading);
    return code;
}

enum exit_code run_diff(const struct call *call) {
    const char *on = call->exit_code_on;
    if (on && strcmp(on, "widening") != 0 && strcmp(on, "any") != 0)
        return command_fail(EXIT_WRONG, "--exit-code-on takes widening or any, not \"%s\"", on);
    if (call->argument_count == 1)
        return diff_generation(call);
    if (call->output || call->patch)
        return command_fail(EXIT_WRONG,
                            "two specs are compared without a repository: --%s means "
                            "nothing there",
                            call->output ? "output" : "patch");
    return diff_specs(call);
}
