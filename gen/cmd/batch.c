#include "cmd/batch.h"
#include "base/die.h"
#include "cmd/command.h"
#include "judge/judge.h"
#include "read/check_together.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void batch_progress(size_t done, size_t all, const char *what) {
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

static void complain_about_clash(const struct clash *clash, void *context) {
    const struct batch *batch = context;
    size_t a = clash->a->owner, b = clash->b->owner;
    if (strcmp(batch->plans[a]->name.s, batch->plans[b]->name.s) != 0)
        clash_tell(batch->readings[b], batch->plans[b]->spec, clash, batch->plans[a]->name.s,
                   batch->paths[a]);
}

static void check_together(struct batch *batch) {
    struct claims claims = {0};
    for (size_t i = 0; i < batch->n; i++)
        if (batch->plans[i])
            claims_add(&claims, batch->plans[i], i);
    claims_find(&claims, complain_about_clash, batch);
    claims_free(&claims);
}

void batch_load(struct batch *batch, char **paths, size_t n) {
    *batch = (struct batch){.paths = paths, .n = n};
    batch->readings = must_alloc(n * sizeof *batch->readings);
    batch->plans = must_alloc(n * sizeof *batch->plans);
    for (size_t i = 0; i < n; i++) {
        batch_progress(i, n, "reading");
        batch->readings[i] = reading_new(diagnostics_new());
        const struct spec *spec = load_spec(batch->readings[i], paths[i]);
        if (spec)
            batch->plans[i] = plan_make(spec, batch->readings[i]->arena);
        if (spec)
            judge_tests(batch->readings[i], batch->plans[i]);
    }
    batch_progress(n, n, "");
    check_same_names(batch);
    check_together(batch);
}

size_t batch_diagnostics(const struct batch *batch) {
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        n += diagnostics_count(batch->readings[i]->diagnostics);
    return n;
}

void batch_print_diagnostics(const struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++)
        diagnostics_print(batch->readings[i]->diagnostics, stderr, command_color(STDERR_FILENO));
}

void batch_free(struct batch *batch) {
    for (size_t i = 0; i < batch->n; i++) {
        reading_drop(batch->readings[i]);
    }
    free(batch->readings);
    free(batch->plans);
}
