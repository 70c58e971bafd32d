/*
 * What is wrong with the user's input: all of it, in the order of the files, each with
 * file:line:col, the line and a caret.
 */
#ifndef DIAGNOSTICS_H
#define DIAGNOSTICS_H

#include "read/document.h"

#include <stdio.h>

struct diagnostics;

struct diagnostics *diagnostics_new(void);
void diagnostics_free(struct diagnostics *diagnostics);
size_t diagnostics_count(const struct diagnostics *diagnostics);
/* What the first one says, without its place; NULL: there is none. */
const char *diagnostics_first(const struct diagnostics *diagnostics);

/* At bytes [offset, offset + span) of the document, which must outlive the mistakes' printing. */
void diagnostics_add(struct diagnostics *diagnostics, const struct document *document,
                     size_t offset, size_t span, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Of a file as a whole: it can't be read, say. */
void diagnostics_add_file(struct diagnostics *diagnostics, const char *name, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

/* Of a byte: from 1 on; columns are characters. */
size_t document_line(const struct document *document, size_t offset);
size_t document_column(const struct document *document, size_t offset);

/* The line that the byte stands in, with a caret and span - 1 tildes below. */
void document_print(const struct document *document, size_t offset, size_t span, FILE *out,
                    bool color);

/* The same of a place whose line and column are known. */
void document_print_at(const struct document *document, size_t offset, size_t span, size_t line,
                       size_t column, FILE *out, bool color);

/* Sorts by file and place, drops what is said twice there, and prints. */
void diagnostics_print(struct diagnostics *diagnostics, FILE *out, bool color);
/* The same of what is no error. */
void diagnostics_print_as(struct diagnostics *diagnostics, const char *word, FILE *out, bool color);
/* The same as a JSON array: file, line, column, message. */
void diagnostics_print_json(struct diagnostics *diagnostics, FILE *out);

#endif
