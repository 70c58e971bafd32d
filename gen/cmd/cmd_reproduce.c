/* reproduce: renders what a generation was rendered from, and compares the trees. */
#include "cmd/command.h"
#include "cmd/message.h"
#include "read/load.h"
#include "render/outputs.h"
#include "write/write_json.h"

#include <stdio.h>
#include <string.h>

struct reproduce {
    struct store *store;
    const char *revision, *only; /* only NULL: every sandbox */
    struct json_writer *j;       /* NULL: for people */
    bool found;
    enum exit_code code; /* the worst so far */
};

static void worsen(struct reproduce *run, enum exit_code code) {
    const int rank[] = {[EXIT_DONE] = 0, [EXIT_FAILED] = 3, [EXIT_WRONG] = 2, [EXIT_DIFFERS] = 1};
    if (rank[code] > rank[run->code])
        run->code = code;
}

static const char *version_of(const struct store_reproduction *seen) {
    return *seen->version ? seen->version : "a version that its commit does not name";
}

static void print_seen(const char *name, const struct store_reproduction *seen,
                       const struct changes *changes) {
    if (!changes) {
        printf("%s: reproduced: tree %s of commit %.10s\n", name, seen->committed.hex,
               seen->commit.hex);
        return;
    }
    printf("%s: differs: commit %.10s has tree %.10s, written by %s; this version, %s, writes "
           "%.10s\n",
           name, seen->commit.hex, seen->committed.hex, version_of(seen), VERSION,
           seen->rendered.hex);
    for (size_t i = 0; i < changes->n; i++) {
        const struct store_change *change = &changes->v[i];
        printf("  %s %s\n",
               change->status == STORE_ADDED     ? "only rendered:  "
               : change->status == STORE_REMOVED ? "only committed: "
                                                 : "not the same:   ",
               change->path);
    }
    if (strcmp(seen->version, VERSION) == 0)
        puts("The versions are the same: the commit was changed by hand, or one of the two "
             "programs was.");
}

static void seen_json(struct json_writer *j, const char *name,
                      const struct store_reproduction *seen, const struct changes *changes) {
    jw_object(j);
    jw_key(j, "name");
    jw_text(j, (struct text){name});
    jw_key(j, "reproduced");
    jw_bool(j, !changes);
    jw_key(j, "commit");
    jw_name(j, (struct name){seen->commit.hex});
    jw_key(j, "committedTree");
    jw_name(j, (struct name){seen->committed.hex});
    jw_key(j, "renderedTree");
    jw_name(j, (struct name){changes ? seen->rendered.hex : seen->committed.hex});
    jw_key(j, "writtenBy");
    jw_text(j, (struct text){seen->version});
    jw_key(j, "thisVersion");
    jw_text(j, (struct text){VERSION});
    jw_key(j, "files");
    jw_array(j);
    for (size_t i = 0; changes && i < changes->n; i++)
        change_json(&changes->v[i], j);
    jw_end(j);
    jw_end(j);
}

static enum store_result compare(struct reproduce *run, const char *sandbox,
                                 const struct spec *spec, struct arena *arena) {
    TREE_CLEANUP struct tree tree = {0};
    struct changes changes = {0};
    struct store_reproduction seen = {0};
    render_tree(plan_make(spec, arena), &tree);
    enum store_result result = store_reproduce(run->store, run->revision, sandbox, &tree,
                                               changes_collect, &changes, &seen);
    if (result == STORE_DONE)
        worsen(run, EXIT_DIFFERS);
    if (result == STORE_DONE || result == STORE_UNCHANGED) {
        const struct changes *differing = result == STORE_DONE ? &changes : NULL;
        if (run->j)
            seen_json(run->j, spec->name.s, &seen, differing);
        else
            print_seen(spec->name.s, &seen, differing);
    }
    changes_free(&changes);
    return result;
}

/* A spec that this version does not take is no failure of the others. */
static enum store_result not_read(struct reproduce *run, const char *sandbox,
                                  struct diagnostics *diagnostics) {
    struct store_reproduction seen = {0};
    enum store_result result =
        store_reproduce(run->store, run->revision, sandbox, NULL, NULL, NULL, &seen);
    if (result != STORE_DONE)
        return result;
    diagnostics_print(diagnostics, stderr, command_color(fileno(stderr)));
    worsen(run, command_fail(EXIT_WRONG,
                             "%s%sthe spec.json of commit %.10s is not one that this version, %s, "
                             "reads; it was written by %s",
                             sandbox ? sandbox : "", sandbox ? ": " : "", seen.commit.hex, VERSION,
                             version_of(&seen)));
    return STORE_DONE;
}

static enum store_result reproduce_one(const char *sandbox, void *context) {
    struct reproduce *run = context;
    BUF_CLEANUP struct buf text = {0};
    if (run->only && sandbox && strcmp(run->only, sandbox) != 0)
        return STORE_DONE;
    run->found = true;
    enum store_result result =
        store_read_file(run->store, run->revision, sandbox, "spec.json", &text);
    if (result == STORE_UNCHANGED)
        worsen(run, command_fail(EXIT_WRONG, "%s%s has no spec.json", sandbox ? sandbox : "",
                                 sandbox ? "" : run->revision));
    if (result != STORE_DONE)
        return result == STORE_UNCHANGED ? STORE_DONE : result;
    struct diagnostics *diagnostics = diagnostics_new();
    struct reading *reading = reading_new(diagnostics);
    const struct spec *spec =
        load_committed_spec(reading, "spec.json", text.len ? text.data : "", text.len);
    if (spec)
        result = compare(run, sandbox, spec, reading->arena);
    else
        result = not_read(run, sandbox, diagnostics);
    diagnostics_free(diagnostics);
    reading_free(reading);
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}

enum exit_code run_reproduce(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j = {0};
    struct reproduce run = {.revision = call->argument_count ? call->arguments[0] : "HEAD",
                            .only = call->name,
                            .j = call->json ? &j : NULL};
    jw_start(&j, &text);
    jw_array(&j);
    enum store_result result = store_open(&run.store, call->output, STORE_READ);
    if (result == STORE_DONE && call->name && !store_is_fleet(run.store))
        worsen(&run, command_fail(EXIT_WRONG, "--name is for a fleet; %s holds one sandbox",
                                  store_folder(run.store)));
    else if (result == STORE_DONE)
        result = store_each_sandbox(run.store, run.revision, reproduce_one, &run);
    if (result == STORE_DONE && run.code == EXIT_DONE && !run.found)
        worsen(&run, command_fail(EXIT_WRONG, "%s has no sandbox %s", run.revision,
                                  call->name ? call->name : "at all"));
    jw_end(&j);
    jw_finish(&j);
    if (result == STORE_DONE && call->json && run.found)
        fwrite(text.data, 1, text.len, stdout);
    store_close(run.store);
    return result == STORE_DONE ? run.code : store_exit(result);
}
