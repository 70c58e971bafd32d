/*
 * Other sandboxes' own files, written from a spec: a row and an export_*.c for each. None of them
 * holds all that a spec says; what it does not is a table of the target's, and is always told.
 *
 * Exporters are pure, as renderers are: no file, no clock, no environment.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "base/buf.h"
#include "export/asked.h"

/* What is lost: the spec forbids something that passes there, or gives something that is not there.
 */
enum export_effect { EXPORT_WIDER, EXPORT_NARROWER };

const char *export_effect_word(enum export_effect effect);

struct export_loss {
    enum export_effect effect;
    const char *what, *why; /* our own words */
    asked_fn *asked;        /* whether a spec asks for it, and where */
};

struct export_held {
    const char *what, *how;
};

struct export_matrix {
    const struct export_held *held;
    size_t held_count;
    const struct export_loss *losses;
    size_t loss_count;
};

struct export_target;

struct export_file {
    const char *name; /* where its program looks for it */
    bool executable;
    /* What it needs besides lives in the arena. */
    void (*write)(const struct export_target *target, const struct plan *plan, struct arena *arena,
                  struct buf *out);
};

struct export_target {
    const char *name, *doc;
    const struct export_file *files;
    size_t file_count; /* more than one: they go into a folder */
    const struct export_matrix *matrix;
};

extern const struct export_target export_devcontainer, export_k8s, export_nono, export_openshell,
    export_srt;

/* The table; NULL at the end. */
extern const struct export_target *const export_targets[];

/* NULL: none has that name. */
const struct export_target *export_find(const char *name);

/* Calls found for every loss of the target that the spec asks for. */
void export_losses(const struct export_target *target, const struct plan *plan,
                   void (*found)(const struct export_loss *loss, struct asked asked, void *context),
                   void *context);

#endif
