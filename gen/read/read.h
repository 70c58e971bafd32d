/*
 * One walker over the schema: jansson's values become structs, with defaults, and every mistake is
 * told at once.
 *
 * struct reading owns what a run has read: documents, merged values, the arena, the mistakes. A
 * spec and all that it points to lives as long as its reading.
 */
#ifndef READ_H
#define READ_H

#include "base/arena.h"
#include "read/diagnostics.h"
#include "read/where.h"
#include "spec/schema.h"

struct merged { /* an object that came out of two */
    const json_t *result, *near, *base;
};

struct pinned; /* load_pinned.c's */
struct absent; /* read.c's */

/* Brings what the cache lacks of a pinned base: of update alone. False: it has said why not. */
struct fetcher {
    bool (*fetch)(const struct base *pin, void *context);
    void *context;
};

struct reading {
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct document **documents; /* each with an address that stays */
    size_t document_count;
    struct merged *merges;
    size_t merge_count;
    json_t **kept; /* values that positions refer to, released at the end */
    size_t kept_count;
    char **inputs; /* the paths of all files that were read, the spec first */
    size_t input_count;
    struct pinned *pinned; /* the commits that were read */
    size_t pinned_count;
    const struct fetcher *fetcher; /* NULL: what the cache lacks is a mistake */
    bool full;                     /* it has complained that there are too many files */
    bool is_whole;         /* load.h's: where all of a spec stands in one file, it is read once */
    struct spec *whole;    /* and this is it; else NULL */
    struct absent *absent; /* what keys that are not there stand for, each once */
    size_t absent_count;
};

struct reading *reading_new(struct diagnostics *diagnostics);
void reading_free(struct reading *reading);
/* Its mistakes too. */
void reading_drop(struct reading *reading);

/* Parses text, which it takes over, into a new document of the reading; NULL after a mistake. */
struct document *reading_add(struct reading *reading, const char *name, char *text, size_t length);

/* The same of a text that is no JSON. */
struct document *reading_add_text(struct reading *reading, const char *name, char *text,
                                  size_t length);

/* Remembers that a file was read. */
void reading_note(struct reading *reading, const char *path);

/* Remembers which two objects a merged one came from. */
void reading_merged(struct reading *reading, const json_t *result, const json_t *near,
                    const json_t *base);

/* Takes a reference to value until the reading ends; returns value. */
json_t *reading_keep(struct reading *reading, json_t *value);

enum read_as {
    READ_PART,  /* a base or a preset: what a whole spec must have may be missing */
    READ_WHOLE, /* defaults are filled in, required keys are asked for */
};

/* Fills the zeroed struct that object describes from json; mistakes are told. */
void read_object(struct reading *reading, const struct object *object, const json_t *json,
                 void *out, enum read_as as);

/* Tells a mistake about what is written at an object, or a key, its value, an item of it. */
void complain(struct reading *reading, struct aim aim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The aims of check.c, which knows objects by their `at` and items by what they say. */
struct aim at_object(written at);
struct aim at_key(written at, const char *key);
struct aim at_value(written at, const char *key);
struct aim at_item(written at, const char *key, const char *item);
/* The document that says what is aimed at, the nearest where several do, and where in its text;
 * what none says (a default), at the beginning of the first. */
const struct document *written_in(const struct reading *reading, struct aim aim, size_t *offset,
                                  size_t *span);
/* The same as FILE:LINE:COLUMN, in the reading's arena. */
const char *written_place(struct reading *reading, struct aim aim);
/* Whether the object has that key, in whichever file. */
bool is_written(written at, const char *key);

#endif
