#include "read/diagnostics.h"
#include "base/die.h"
#include "base/utf8.h"
#include "write/write_json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SHOWN = 100 }; /* characters of a source line that are printed around the caret */

struct diagnostic {
    const struct document *document; /* NULL for a file as a whole */
    char *file;
    char *message;
    size_t order, offset, span, line, column;
};

struct diagnostics {
    struct diagnostic *v;
    size_t n, cap;
};

struct diagnostics *diagnostics_new(void) {
    return must_alloc(sizeof(struct diagnostics));
}

void diagnostics_free(struct diagnostics *diagnostics) {
    if (!diagnostics)
        return;
    for (size_t i = 0; i < diagnostics->n; i++) {
        free(diagnostics->v[i].file);
        free(diagnostics->v[i].message);
    }
    free(diagnostics->v);
    free(diagnostics);
}

size_t diagnostics_count(const struct diagnostics *diagnostics) {
    return diagnostics->n;
}

const char *diagnostics_first(const struct diagnostics *diagnostics) {
    return diagnostics->n ? diagnostics->v[0].message : NULL;
}

static char *format_message(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        die("vsnprintf failed");
    char *message = must_alloc((size_t)n + 1);
    vsnprintf(message, (size_t)n + 1, format, again);
    va_end(again);
    utf8_hide_unseen(message);
    return message;
}

/* Files are told in the order in which they were first complained about. */
static size_t order_of(const struct diagnostics *diagnostics, const char *file) {
    for (size_t i = 0; i < diagnostics->n; i++)
        if (strcmp(diagnostics->v[i].file, file) == 0)
            return diagnostics->v[i].order;
    return diagnostics->n;
}

static void append(struct diagnostics *diagnostics, struct diagnostic diagnostic) {
    if (diagnostics->n == diagnostics->cap) {
        diagnostics->cap = diagnostics->cap ? 2 * diagnostics->cap : 16;
        diagnostics->v = must_realloc(diagnostics->v, diagnostics->cap * sizeof *diagnostics->v);
    }
    diagnostic.order = order_of(diagnostics, diagnostic.file);
    diagnostics->v[diagnostics->n++] = diagnostic;
}

static const char *line_start(const struct document *document, size_t offset) {
    const char *p = document->text + offset;
    while (p > document->text && p[-1] != '\n')
        p--;
    return p;
}

size_t document_column(const struct document *document, size_t offset) {
    const char *start = line_start(document, offset);
    return utf8_columns(start, offset - (size_t)(start - document->text)) + 1;
}

size_t document_line(const struct document *document, size_t offset) {
    size_t line = 1;
    for (const char *p = document->text; p < document->text + offset; p++)
        line += *p == '\n';
    return line;
}

void diagnostics_add(struct diagnostics *diagnostics, const struct document *document,
                     size_t offset, size_t span, const char *format, ...) {
    va_list args;
    va_start(args, format);
    struct diagnostic diagnostic = {.document = document,
                                    .file = must_copy(document->name),
                                    .message = format_message(format, args),
                                    .offset = offset > document->length ? document->length : offset,
                                    .span = span};
    va_end(args);
    diagnostic.line = document_line(document, diagnostic.offset);
    diagnostic.column = document_column(document, diagnostic.offset);
    append(diagnostics, diagnostic);
}

void diagnostics_add_file(struct diagnostics *diagnostics, const char *name, const char *format,
                          ...) {
    va_list args;
    va_start(args, format);
    append(diagnostics,
           (struct diagnostic){.file = must_copy(name), .message = format_message(format, args)});
    va_end(args);
}

static int by_place(const void *a, const void *b) {
    const struct diagnostic *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return strcmp(x->message, y->message);
}

static void sort_and_drop_doubles(struct diagnostics *diagnostics) {
    if (!diagnostics->n)
        return;
    qsort(diagnostics->v, diagnostics->n, sizeof *diagnostics->v, by_place);
    size_t kept = 1;
    for (size_t i = 1; i < diagnostics->n; i++) {
        if (by_place(&diagnostics->v[kept - 1], &diagnostics->v[i]) != 0) {
            diagnostics->v[kept++] = diagnostics->v[i];
            continue;
        }
        free(diagnostics->v[i].file);
        free(diagnostics->v[i].message);
    }
    diagnostics->n = kept;
}

/* Prints the characters of a line from the given one on; what a terminal would act on, as '?'. */
static void print_line(FILE *out, const char *line, const char *end, size_t from) {
    size_t column = 0;
    for (const char *p = line; p < end && column < from + LINE_SHOWN; column++) {
        uint32_t c;
        size_t n = utf8_next(p, &c);
        if (column >= from) {
            if (c == '\t')
                fputc(' ', out);
            else if (utf8_unseen(c) || c == 0xfffd)
                fputc('?', out);
            else
                fwrite(p, 1, n, out);
        }
        p += n;
    }
}

static void print_source(FILE *out, const struct diagnostic *diagnostic, bool color) {
    const char *line = line_start(diagnostic->document, diagnostic->offset);
    const char *end = line + strcspn(line, "\n");
    if (end > line && end[-1] == '\r')
        end--;
    size_t before = diagnostic->column - 1;
    size_t from = before > LINE_SHOWN / 2 ? before - LINE_SHOWN / 2 : 0;
    fprintf(out, "%5zu | ", diagnostic->line);
    print_line(out, line, end, from);
    fprintf(out, "\n      | %*s%s^", (int)(before - from), "", color ? "\033[1;32m" : "");
    size_t left = (size_t)(end - diagnostic->document->text);
    left = left > diagnostic->offset ? left - diagnostic->offset : 0;
    size_t span = utf8_columns(diagnostic->document->text + diagnostic->offset,
                               diagnostic->span < left ? diagnostic->span : left);
    size_t room = LINE_SHOWN - (before - from);
    for (size_t i = 1; i < span && i < room; i++)
        fputc('~', out);
    fprintf(out, "%s\n", color ? "\033[0m" : "");
}

void document_print(const struct document *document, size_t offset, size_t span, FILE *out,
                    bool color) {
    document_print_at(document, offset, span, document_line(document, offset),
                      document_column(document, offset), out, color);
}

void document_print_at(const struct document *document, size_t offset, size_t span, size_t line,
                       size_t column, FILE *out, bool color) {
    struct diagnostic here = {
        .document = document, .offset = offset, .span = span, .line = line, .column = column};
    print_source(out, &here, color);
}

void diagnostics_print(struct diagnostics *diagnostics, FILE *out, bool color) {
    diagnostics_print_as(diagnostics, "error", out, color);
}

void diagnostics_print_as(struct diagnostics *diagnostics, const char *word, FILE *out,
                          bool color) {
    sort_and_drop_doubles(diagnostics);
    const char *bold = color ? "\033[1m" : "", *red = color ? "\033[1;31m" : "",
               *plain = color ? "\033[0m" : "";
    for (size_t i = 0; i < diagnostics->n; i++) {
        const struct diagnostic *m = &diagnostics->v[i];
        fprintf(out, "%s%s", bold, m->file);
        if (m->document)
            fprintf(out, ":%zu:%zu", m->line, m->column);
        fprintf(out, ": %s%s:%s %s\n", red, word, plain, m->message);
        if (m->document)
            print_source(out, m, color);
    }
}

void diagnostics_print_json(struct diagnostics *diagnostics, FILE *out) {
    BUF_CLEANUP struct buf b = {0};
    struct json_writer j;
    sort_and_drop_doubles(diagnostics);
    jw_start(&j, &b);
    jw_array(&j);
    for (size_t i = 0; i < diagnostics->n; i++) {
        const struct diagnostic *m = &diagnostics->v[i];
        jw_object(&j);
        jw_key(&j, "file");
        jw_text(&j, (struct text){m->file});
        if (m->document) {
            jw_key(&j, "line");
            jw_uint(&j, m->line);
            jw_key(&j, "column");
            jw_uint(&j, m->column);
        }
        jw_key(&j, "message");
        jw_text(&j, (struct text){m->message});
        jw_end(&j);
    }
    jw_end(&j);
    jw_finish(&j);
    fwrite(b.data, 1, b.len, out);
}
