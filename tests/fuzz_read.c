/*
 * libFuzzer's harness: any bytes as a spec. They are parsed, read, filled in and checked as load.c
 * does with a file that extends nothing; a spec without a mistake is planned and rendered, and the
 * resolved spec of its tree must render to the same tree.
 */
#include "base/die.h"
#include "plan/plan.h"
#include "read/check.h"
#include "read/defaults.h"
#include "read/diagnostics.h"
#include "read/read.h"
#include "render/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

struct run {
    struct reading *reading;
    struct tree tree;
    bool rendered;
};

static void run(struct run *run, const void *data, size_t size) {
    char *text = must_alloc(size + 1);
    if (size)
        memcpy(text, data, size);
    struct reading *reading = run->reading = reading_new(diagnostics_new());
    struct document *document = reading_add(reading, "fuzz.json", text, size);
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    if (!document)
        return;
    read_object(reading, &spec_object, document->root, spec, READ_WHOLE);
    fill_defaults(reading, spec);
    check_spec(reading, spec);
    for (size_t i = 0; i < spec->dotfiles.n; i++) /* load.c has put the text in its place by now */
        if (!spec->dotfiles.v[i].text.s)
            return;
    for (size_t i = 0; i < spec->logins.n; i++) /* nor is a preset's name left */
        if (!spec->logins.v[i].name.s)
            return;
    if (diagnostics_count(reading->diagnostics))
        return;
    render_tree(plan_make(spec, reading->arena), &run->tree);
    run->rendered = true;
}

static void end(struct run *run) {
    diagnostics_print(run->reading->diagnostics, nowhere, false);
    diagnostics_print_json(run->reading->diagnostics, nowhere);
    diagnostics_free(run->reading->diagnostics);
    reading_free(run->reading);
    tree_free(&run->tree);
}

static void must_be_same(const struct tree *a, const struct tree *b) {
    if (a->n != b->n)
        die("the resolved spec renders %zu files instead of %zu", b->n, a->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct file *f = &a->files[i], *g = &b->files[i];
        if (strcmp(f->path, g->path) != 0 || f->executable != g->executable ||
            f->data.len != g->data.len ||
            (f->data.len && memcmp(f->data.data, g->data.data, f->data.len) != 0))
            die("the resolved spec renders another %s", f->path);
    }
}

/* Agents' presets are merged before a spec is resolved; here they are not. */
static bool stands_alone(const struct run *run) {
    const struct file *file = tree_find(&run->tree, "spec.json");
    return file && !strstr(file->data.data, "\"agents\"");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct run first = {0}, second = {0};
    if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
        return 0;
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
    run(&first, data, size);
    if (first.rendered && stands_alone(&first)) {
        const struct file *file = tree_find(&first.tree, "spec.json");
        run(&second, file->data.data, file->data.len);
        if (!second.rendered) {
            diagnostics_print(second.reading->diagnostics, stderr, false);
            die("the resolved spec is refused");
        }
        must_be_same(&first.tree, &second.tree);
        end(&second);
    }
    end(&first);
    return 0;
}
