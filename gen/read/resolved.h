/*
 * What is left of a spec when all that it extends, and the presets of its agents, are merged into
 * it; and where each value of that comes from.
 */
#ifndef RESOLVED_H
#define RESOLVED_H

#include "read/read.h"
#include "write/write_json.h"

/* Of a spec that has been read (spec->at): a spec that extends nothing, its keys in the schema's
 * order, without the defaults. */
void resolved_write(const struct spec *spec, struct json_writer *j);

struct origin {
    const char *pointer;     /* RFC 6901, into what resolved_write() writes */
    const json_t *value;     /* NULL: an item of a list that is an object, or empty */
    const char *identity;    /* of such an item: the first key that it has, ... */
    const json_t *identical; /* ... and its value; else NULL */
    const struct document *document;
    size_t line, column;
    const char *locked_by; /* the base that locks it, or NULL */
};

/* Whether it is the spec itself, another, one of a git repository, a shipped one or a preset. */
const char *origin_layer(const struct reading *reading, const struct document *document);

/* Calls found with every value, in that order. All is valid as long as the reading, but for what
 * origin points at: until found returns. */
void resolved_origins(const struct reading *reading, const struct spec *spec,
                      void (*found)(const struct origin *origin, void *context), void *context);

/* The pointer to an object of the spec, or to what a list of it holds, a text or a number; NULL
 * where that is not in it. In the arena. */
const char *resolved_pointer(const struct spec *spec, written at, struct arena *arena);
const char *resolved_item(const struct spec *spec, written at, const char *key, const char *item,
                          struct arena *arena);

#endif
