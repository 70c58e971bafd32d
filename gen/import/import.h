/*
 * Specs from the files of sandboxes that people already have. What a file says is taken value by
 * value: each is tried in a spec of its own first, so that what is written passes check; what could
 * not be taken is a note, at its place in the file.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "read/load.h"

struct importing {
    struct reading *reading; /* of the file; its own mistakes */
    struct diagnostics *notes;
    struct document *document;
    const char *path; /* the file's, for what stands beside it */
    json_t *spec;     /* what has been taken */
    struct later *later;
    size_t later_count;
};

struct import_format {
    const char *name, *doc;
    bool comments; /* of JavaScript's, and commas before a closing bracket */
    const char *agent;
    void (*read)(struct importing *importing);
};

extern const struct import_format import_claude_code, import_devcontainer, import_srt;

/* The table; NULL at the end. */
extern const struct import_format *const import_formats[];

/* NULL: none has that name. */
const struct import_format *import_find(const char *name);

/* The spec of the file at path, which the caller frees with json_decref(); NULL after a mistake in
 * it, which is the reading's. name: the sandbox's, which check takes. */
json_t *import_file(struct reading *reading, struct diagnostics *notes,
                    const struct import_format *format, const char *path, const char *name);

#endif
