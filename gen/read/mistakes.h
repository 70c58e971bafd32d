/*
 * What is wrong with the user's input: all of it, in the order of the files, each with
 * file:line:col, the line and a caret.
 */
#ifndef MISTAKES_H
#define MISTAKES_H

#include "read/document.h"

#include <stdio.h>

struct mistakes;

struct mistakes *mistakes_new(void);
void mistakes_free(struct mistakes *mistakes);
size_t mistakes_count(const struct mistakes *mistakes);

/* At bytes [offset, offset + span) of the document, which must outlive the mistakes' printing. */
void mistakes_add(struct mistakes *mistakes, const struct document *document, size_t offset,
                  size_t span, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Of a file as a whole: it can't be read, say. */
void mistakes_add_file(struct mistakes *mistakes, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sorts by file and place, drops what is said twice there, and prints. */
void mistakes_print(struct mistakes *mistakes, FILE *out, bool color);
/* The same as a JSON array: file, line, column, message. */
void mistakes_print_json(struct mistakes *mistakes, FILE *out);

#endif
