/* signatures: whose a generation needs, from two spec.json alone. apply asks it on root's own
 * copies, before it takes a generation: so nothing else is read, and nothing that they name. */
#include "base/whole_file.h"
#include "cmd/command.h"
#include "git/snapshot.h"
#include "plan/plan.h"
#include "policy/policy_needs.h"
#include "read/check.h"
#include "read/load.h"
#include "render/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_REASONS = 5 };

static bool read_source(const char *path, struct policy_source *source, char **text) {
    if (strcmp(path, "/dev/null") == 0)
        return true;
    const char *why = read_whole_file(path, DOCUMENT_MAX, text, &source->length);
    if (why)
        command_fail(EXIT_WRONG, "%s: %s", path, why);
    source->text = *text;
    return !why;
}

/* The mistakes of one that can't be read, or that `check` would refuse on whichever day. */
static bool is_sound(const char *path, const struct policy_source *source, bool older) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct reading *reading = reading_new(diagnostics);
    const struct spec *spec = load_committed_spec(reading, path, source->text, source->length);
    if (spec && !older)
        check_older_spec(reading, spec);
    bool sound = diagnostics_count(diagnostics) == 0;
    if (!sound)
        diagnostics_print(diagnostics, stderr, command_color(STDERR_FILENO));
    diagnostics_free(diagnostics);
    reading_free(reading);
    return sound;
}

/* What git would call the tree that this spec renders to. */
static void tree_name(const struct policy_needs *needs, char hex[41]) {
    TREE_CLEANUP struct tree tree = {0};
    SNAPSHOT_CLEANUP struct snapshot snapshot = {0};
    render_tree(plan_make(needs->new, needs->new_reading->arena), &tree);
    snapshot_make(&tree, &snapshot);
    object_hex(&snapshot.nodes[0].id, hex);
}

static void write_names(struct json_writer *j, const struct name *v, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_name(j, v[i]);
    jw_end(j);
}

static void write_reasons(struct json_writer *j, const struct policy_diff *diff,
                          enum signed_change what) {
    size_t told = 0;
    jw_key(j, "because");
    jw_array(j);
    for (size_t i = 0; i < diff->n && told < MOST_REASONS; i++)
        if (policy_change_fits(&diff->v[i], what)) {
            jw_text(j, diff->v[i].sentence);
            told++;
        }
    jw_end(j);
}

static void write_need(struct json_writer *j, const struct policy_needs *needs,
                       const struct signing_need *row) {
    jw_object(j);
    jw_key(j, "change");
    type_signed_change.write(j, &row->change);
    jw_key(j, "signatures");
    jw_uint(j, (uint64_t)row->signatures);
    if (row->of.n) {
        jw_key(j, "of");
        write_names(j, row->of.v, row->of.n);
    }
    write_reasons(j, &needs->diff, row->change);
    jw_end(j);
}

static void print_json(const struct policy_needs *needs) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    char hex[41];
    tree_name(needs, hex);
    jw_start(&j, &text);
    jw_object(&j);
    jw_key(&j, "sandbox");
    jw_name(&j, needs->new->name);
    jw_key(&j, "tree");
    jw_name(&j, (struct name){hex});
    jw_key(&j, "needs");
    jw_array(&j);
    for (size_t i = 0; i < needs->by->require.n; i++)
        if (policy_needs_row(needs, &needs->by->require.v[i]))
            write_need(&j, needs, &needs->by->require.v[i]);
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

static void print_text(const struct policy_needs *needs) {
    size_t told = 0;
    for (size_t i = 0; i < needs->by->require.n; i++) {
        const struct signing_need *row = &needs->by->require.v[i];
        BUF_CLEANUP struct buf words = {0};
        if (!policy_needs_row(needs, row))
            continue;
        policy_need_words(row, &words);
        printf("%s: %s\n", type_signed_change.values[row->change], words.data);
        told++;
    }
    if (!told)
        puts("It asks for no more than what signing.allowed says.");
}

enum exit_code run_signatures(const struct call *call) {
    POLICY_NEEDS_CLEANUP struct policy_needs needs = {0};
    struct policy_source old = {.what = "OLD"}, new = {.what = "NEW"};
    char *old_text = NULL, *new_text = NULL;
    enum exit_code code = EXIT_WRONG;
    if (read_source(call->arguments[0], &old, &old_text) &&
        read_source(call->arguments[1], &new, &new_text)) {
        if (!new.text)
            command_fail(EXIT_WRONG, "NEW is a spec.json, and not nothing");
        else if ((!old.text || is_sound(call->arguments[0], &old, true)) &&
                 is_sound(call->arguments[1], &new, false) &&
                 policy_needs_between(&needs, old, new))
            code = EXIT_DONE;
    }
    if (code == EXIT_DONE && call->json)
        print_json(&needs);
    else if (code == EXIT_DONE)
        print_text(&needs);
    free(old_text);
    free(new_text);
    return code;
}
