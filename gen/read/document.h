/*
 * One JSON text of a spec: a file, or a preset that this program ships. Read whole, parsed by
 * jansson, and kept as text beside the values, so that a mistake can be shown where it stands.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct diagnostics;
struct kept;
struct spec;

enum { DOCUMENT_MAX = 1 << 20 }; /* bytes: a spec is written by people */

struct document {
    char *name;              /* as messages call it */
    char *folder;            /* where its relative paths begin; NULL for a preset */
    const struct kept *kept; /* the commit that it and they stand in; NULL: none */
    const char *origin;      /* of that commit: URL@REV, in the reading's arena */
    char *text;              /* length bytes, and a NUL behind them */
    size_t length;
    json_t *root;            /* an object */
    const struct spec *said; /* what it says itself, without its bases; NULL: not read so */
    struct places *places;   /* where.c's */
};

/* To be called once before several threads parse. */
void documents_in_threads(void);

/* Takes text over, sets the other members. False when mistakes say why it is no JSON object. */
bool document_parse(struct document *document, const char *name, char *text, size_t length,
                    struct diagnostics *diagnostics);
/* The same of any text: it has no root. */
bool document_text(struct document *document, const char *name, char *text, size_t length,
                   struct diagnostics *diagnostics);
void document_free(struct document *document);

#endif
