/*
 * Where in a document's text something stands: jansson keeps no positions, so the text is scanned
 * again beside the parsed values. Only done to report a mistake.
 */
#ifndef WHERE_H
#define WHERE_H

#include "read/document.h"

/* What is meant: an object; a key of it; the value of that key; an item of that value, when it is
 * an array: by its text when item is not NULL, else by its index. */
struct aim {
    const json_t *object;
    const char *key; /* NULL: the object itself */
    enum { AIM_KEY, AIM_VALUE, AIM_INDEX, AIM_ITEM } part;
    size_t index;
    const char *item;
};

/* False when the object is not part of this document. What lies below it and is not found (a
 * default, say) is reported where its parent stands. */
bool where_find(const struct document *document, const struct aim *aim, size_t *offset,
                size_t *span);

/* What where_find() has found out of a document so far: its owner's to free. */
struct places *where_new(void);
void where_free(struct places *places); /* NULL is none */

/* Calls found for every key that stands a second time in its object. The text is valid JSON. */
void where_duplicates(const struct document *document,
                      void (*found)(const struct document *document, size_t offset, size_t span,
                                    void *context),
                      void *context);

#endif
