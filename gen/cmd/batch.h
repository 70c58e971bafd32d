/*
 * The specs of one command line, read and checked.
 *
 * Ownership: batch_free() frees what batch_load() made; a plan lives as long as its reading.
 */
#ifndef BATCH_H
#define BATCH_H

#include "plan/plan.h"
#include "read/load.h"

struct batch {
    char **paths; /* the caller's */
    struct reading **readings;
    struct plan **plans; /* NULL where the spec has a mistake */
    size_t n;
};

void batch_load(struct batch *batch, char **paths, size_t n);
void batch_free(struct batch *batch);

/* Over all specs. */
size_t batch_diagnostics(const struct batch *batch);
void batch_print_diagnostics(const struct batch *batch);

/* "WHAT DONE of ALL" on a terminal's standard error; done == all takes the line away. */
void batch_progress(size_t done, size_t all, const char *what);

#endif
