#include "read/mistakes.h"
#include "base/die.h"
#include "base/utf8.h"
#include "write/write_json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SHOWN = 100 }; /* characters of a source line that are printed around the caret */

struct mistake {
    const struct document *document; /* NULL for a file as a whole */
    char *file;
    char *message;
    size_t order, offset, span, line, column;
};

struct mistakes {
    struct mistake *v;
    size_t n, cap;
};

struct mistakes *mistakes_new(void) {
    return must_alloc(sizeof(struct mistakes));
}

void mistakes_free(struct mistakes *mistakes) {
    if (!mistakes)
        return;
    for (size_t i = 0; i < mistakes->n; i++) {
        free(mistakes->v[i].file);
        free(mistakes->v[i].message);
    }
    free(mistakes->v);
    free(mistakes);
}

size_t mistakes_count(const struct mistakes *mistakes) {
    return mistakes->n;
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
static size_t order_of(const struct mistakes *mistakes, const char *file) {
    for (size_t i = 0; i < mistakes->n; i++)
        if (strcmp(mistakes->v[i].file, file) == 0)
            return mistakes->v[i].order;
    return mistakes->n;
}

static void append(struct mistakes *mistakes, struct mistake mistake) {
    if (mistakes->n == mistakes->cap) {
        mistakes->cap = mistakes->cap ? 2 * mistakes->cap : 16;
        mistakes->v = must_realloc(mistakes->v, mistakes->cap * sizeof *mistakes->v);
    }
    mistake.order = order_of(mistakes, mistake.file);
    mistakes->v[mistakes->n++] = mistake;
}

static const char *line_start(const struct document *document, size_t offset) {
    const char *p = document->text + offset;
    while (p > document->text && p[-1] != '\n')
        p--;
    return p;
}

static void locate(struct mistake *mistake) {
    const struct document *document = mistake->document;
    const char *start = line_start(document, mistake->offset);
    mistake->line = 1;
    for (const char *p = document->text; p < start; p++)
        mistake->line += *p == '\n';
    mistake->column = utf8_columns(start, mistake->offset - (size_t)(start - document->text)) + 1;
}

void mistakes_add(struct mistakes *mistakes, const struct document *document, size_t offset,
                  size_t span, const char *format, ...) {
    va_list args;
    va_start(args, format);
    struct mistake mistake = {.document = document,
                              .file = must_copy(document->name),
                              .message = format_message(format, args),
                              .offset = offset > document->length ? document->length : offset,
                              .span = span};
    va_end(args);
    locate(&mistake);
    append(mistakes, mistake);
}

void mistakes_add_file(struct mistakes *mistakes, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    append(mistakes,
           (struct mistake){.file = must_copy(name), .message = format_message(format, args)});
    va_end(args);
}

static int by_place(const void *a, const void *b) {
    const struct mistake *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return strcmp(x->message, y->message);
}

static void sort_and_drop_doubles(struct mistakes *mistakes) {
    if (!mistakes->n)
        return;
    qsort(mistakes->v, mistakes->n, sizeof *mistakes->v, by_place);
    size_t kept = 1;
    for (size_t i = 1; i < mistakes->n; i++) {
        if (by_place(&mistakes->v[kept - 1], &mistakes->v[i]) != 0) {
            mistakes->v[kept++] = mistakes->v[i];
            continue;
        }
        free(mistakes->v[i].file);
        free(mistakes->v[i].message);
    }
    mistakes->n = kept;
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

static void print_source(FILE *out, const struct mistake *mistake, bool color) {
    const char *line = line_start(mistake->document, mistake->offset);
    const char *end = line + strcspn(line, "\n");
    if (end > line && end[-1] == '\r')
        end--;
    size_t before = mistake->column - 1;
    size_t from = before > LINE_SHOWN / 2 ? before - LINE_SHOWN / 2 : 0;
    fprintf(out, "%5zu | ", mistake->line);
    print_line(out, line, end, from);
    fprintf(out, "\n      | %*s%s^", (int)(before - from), "", color ? "\033[1;32m" : "");
    size_t left = (size_t)(end - mistake->document->text);
    left = left > mistake->offset ? left - mistake->offset : 0;
    size_t span = utf8_columns(mistake->document->text + mistake->offset,
                               mistake->span < left ? mistake->span : left);
    size_t room = LINE_SHOWN - (before - from);
    for (size_t i = 1; i < span && i < room; i++)
        fputc('~', out);
    fprintf(out, "%s\n", color ? "\033[0m" : "");
}

void mistakes_print(struct mistakes *mistakes, FILE *out, bool color) {
    sort_and_drop_doubles(mistakes);
    const char *bold = color ? "\033[1m" : "", *red = color ? "\033[1;31m" : "",
               *plain = color ? "\033[0m" : "";
    for (size_t i = 0; i < mistakes->n; i++) {
        const struct mistake *m = &mistakes->v[i];
        fprintf(out, "%s%s", bold, m->file);
        if (m->document)
            fprintf(out, ":%zu:%zu", m->line, m->column);
        fprintf(out, ": %serror:%s %s\n", red, plain, m->message);
        if (m->document)
            print_source(out, m, color);
    }
}

void mistakes_print_json(struct mistakes *mistakes, FILE *out) {
    BUF_CLEANUP struct buf b = {0};
    struct json_writer j;
    sort_and_drop_doubles(mistakes);
    jw_start(&j, &b);
    jw_array(&j);
    for (size_t i = 0; i < mistakes->n; i++) {
        const struct mistake *m = &mistakes->v[i];
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
