/* check, render and diff: what begins with a spec. */
#include "command.h"
#include "die.h"
#include "load.h"
#include "message.h"
#include "outputs.h"
#include "plan.h"
#include "store.h"
#include "write_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- specs -- */

struct batch { /* the specs of one command line */
    struct reading **readings;
    struct plan **plans;
    size_t n;
};

static void progress(size_t done, size_t all, const char *what) {
    if (all > 1 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s", done == all ? "" : what);
    if (all > 1 && done < all && isatty(STDERR_FILENO))
        fprintf(stderr, " %zu of %zu", done + 1, all);
}

static void check_same_names(struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++)
        for (size_t k = i + 1; k < batch->n; k++)
            if (batch->plans[i] && batch->plans[k] &&
                strcmp(batch->plans[i]->name.s, batch->plans[k]->name.s) == 0)
                complain(batch->readings[k], at_value(batch->plans[k]->spec->at, "name"),
                         "another of these specs is called \"%s\" too", batch->plans[k]->name.s);
}

static void load_batch(struct batch *batch, char **paths, size_t n) {
    *batch = (struct batch){.n = n};
    batch->readings = must_alloc(n * sizeof *batch->readings);
    batch->plans = must_alloc(n * sizeof *batch->plans);
    for (size_t i = 0; i < n; i++) {
        progress(i, n, "reading");
        batch->readings[i] = reading_new(mistakes_new());
        const struct spec *spec = load_spec(batch->readings[i], paths[i]);
        if (spec)
            batch->plans[i] = plan_make(spec, batch->readings[i]->arena);
    }
    progress(n, n, "");
    check_same_names(batch);
}

static size_t batch_mistakes(const struct batch *batch) {
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        n += mistakes_count(batch->readings[i]->mistakes);
    return n;
}

static void print_mistakes(const struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++)
        mistakes_print(batch->readings[i]->mistakes, stderr, command_color(STDERR_FILENO));
}

static void free_batch(struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++) {
        mistakes_free(batch->readings[i]->mistakes);
        reading_free(batch->readings[i]);
    }
    free(batch->readings);
    free(batch->plans);
}

/* -- check -- */

enum exit_code run_check(const struct call *call) {
    struct batch batch;
    load_batch(&batch, call->arguments, call->argument_count);
    size_t wrong = batch_mistakes(&batch);
    if (call->json) {
        for (size_t i = 0; i < batch.n; i++)
            mistakes_print_json(batch.readings[i]->mistakes, stdout);
    } else {
        print_mistakes(&batch);
        if (!wrong && isatty(STDOUT_FILENO))
            printf("%zu spec%s, no mistake\n", batch.n, batch.n == 1 ? "" : "s");
    }
    free_batch(&batch);
    return wrong ? EXIT_WRONG : EXIT_DONE;
}

/* -- render -- */

static void print_change(const struct store_change *change, void *context) {
    (void)context;
    printf("  %c %s", change->status, change->path);
    if (change->status == STORE_CHANGED)
        printf("  +%zu -%zu", change->lines_added, change->lines_removed);
    putchar('\n');
}

static void json_change(const struct store_change *change, void *context) {
    struct json_writer *j = context;
    jw_object(j);
    jw_key(j, "path");
    jw_text(j, (struct text){change->path});
    jw_key(j, "change");
    if (change->status == STORE_ADDED)
        jw_string(j, "added");
    else if (change->status == STORE_REMOVED)
        jw_string(j, "removed");
    else
        jw_string(j, "changed");
    jw_key(j, "linesAdded");
    jw_uint(j, change->lines_added);
    jw_key(j, "linesRemoved");
    jw_uint(j, change->lines_removed);
    jw_end(j);
}

static void report_render(const struct plan *plan, const struct store *store,
                          const struct changes *changes, enum store_result result,
                          const struct store_id *id) {
    const char *folder = store_folder(store);
    if (result == STORE_UNCHANGED) {
        printf("%s: nothing changed (%.10s in %s)\n", plan->name.s, id->hex, folder);
        return;
    }
    printf("%s: committed %.10s in %s\n", plan->name.s, id->hex, folder);
    print_summary(plan, stdout);
    changes_print(changes, stdout);
    if (changes->first && !store_is_fleet(store))
        printf(
            "Read %s/README.md; then, on the host it is for: sudo %s%s/bin/agent-sandbox apply\n",
            folder, folder[0] == '/' || folder[0] == '.' ? "" : "./", folder);
}

static void report_json(struct json_writer *j, const struct plan *plan,
                        const struct changes *changes, enum store_result result,
                        const struct store_id *id) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->name);
    jw_key(j, "commit");
    jw_name(j, (struct name){id->hex});
    jw_key(j, "changed");
    jw_bool(j, result == STORE_DONE);
    jw_key(j, "files");
    jw_array(j);
    for (size_t i = 0; i < changes->n; i++)
        json_change(&changes->v[i], j);
    jw_end(j);
    jw_end(j);
}

static enum store_result render_one(struct store *store, const struct plan *plan,
                                    struct json_writer *j) {
    TREE_CLEANUP struct tree tree = {0};
    struct changes changes = {0};
    struct store_id id = {""};
    render_tree(plan, &tree);
    enum store_result result = store_compare(store, plan->name.s, &tree, changes_collect, &changes);
    if (result == STORE_DONE) {
        BUF_CLEANUP struct buf message = {0};
        write_message(plan, &tree, &changes, &message);
        result = store_commit(store, plan->name.s, &tree, message.data, &id);
    }
    if (result == STORE_DONE || result == STORE_UNCHANGED) {
        if (j)
            report_json(j, plan, &changes, result, &id);
        else
            report_render(plan, store, &changes, result, &id);
    }
    changes_free(&changes);
    return result;
}

static enum exit_code render_batch(const struct call *call, const struct batch *batch) {
    struct store *store = NULL;
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    enum store_result result =
        store_open(&store, call->output, batch->n > 1 ? STORE_FLEET : STORE_WRITE);
    jw_start(&j, &text);
    jw_array(&j);
    for (size_t i = 0; i < batch->n && (result == STORE_DONE || result == STORE_UNCHANGED); i++) {
        progress(i, batch->n, "rendering");
        result = render_one(store, batch->plans[i], call->json ? &j : NULL);
    }
    progress(batch->n, batch->n, "");
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
    load_batch(&batch, call->arguments, call->argument_count);
    if (batch_mistakes(&batch) == 0)
        code = render_batch(call, &batch);
    else
        print_mistakes(&batch);
    free_batch(&batch);
    return code;
}

/* -- diff -- */

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
            json_change(&changes.v[i], &j);
        jw_end(&j);
        jw_finish(&j);
        fwrite(text.data, 1, text.len, stdout);
    } else if (result == STORE_DONE) {
        for (size_t i = 0; i < changes.n; i++)
            print_change(&changes.v[i], NULL);
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
    load_batch(&batch, call->arguments, 1);
    if (batch_mistakes(&batch) == 0)
        code = diff_plan(call, batch.plans[0]);
    else
        print_mistakes(&batch);
    free_batch(&batch);
    return code;
}
