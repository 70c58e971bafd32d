#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "judge/judge.h"
#include "lint/lint.h"
#include "lint/uses.h"
#include "read/load.h"
#include "read/resolved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One that is told, with where it stands. */
struct told {
    const struct finding *finding;
    const struct document *document;
    size_t file; /* which of the reading's documents that is */
    size_t offset, span, line, column;
};

struct telling {
    const struct call *call;
    struct reading *reading;
    const struct spec *spec;
    const struct uses *uses; /* or NULL */
    struct told *v;
    size_t n, accepted;
};

/* -- in order -- */

static int by_place(const void *x, const void *y) {
    const struct told *a = x, *b = y;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->finding > b->finding) - (a->finding < b->finding);
}

static size_t file_of(const struct reading *reading, const struct document *document) {
    size_t i = 0;
    while (i < reading->document_count && reading->documents[i] != document)
        i++;
    return i;
}

/* Each line of a document is counted once, and each column. */
static void count_lines(struct told *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool same = i && v[i - 1].document == v[i].document;
        const char *text = v[i].document->text, *begin = text + (same ? v[i - 1].offset : 0);
        const char *end = text + v[i].offset, *line = begin;
        v[i].line = same ? v[i - 1].line : 1;
        v[i].column = same ? v[i - 1].column : 1;
        for (const char *p = begin; p < end; p++)
            if (*p == '\n') {
                v[i].line++;
                v[i].column = 1;
                line = p + 1;
            }
        v[i].column += utf8_columns(line, (size_t)(end - line));
    }
}

static void find_places(struct telling *telling, const struct findings *findings) {
    telling->v = calloc(findings->n + 1, sizeof *telling->v);
    for (size_t i = 0; telling->v && i < findings->n; i++) {
        const struct finding *one = &findings->v[i];
        struct told *told = &telling->v[telling->n];
        if (one->latent)
            continue;
        telling->n++;
        telling->accepted += one->accepted != NULL;
        told->finding = one;
        told->document = written_in(telling->reading, one->aim, &told->offset, &told->span);
        told->file = file_of(telling->reading, told->document);
    }
    qsort(telling->v, telling->n, sizeof *telling->v, by_place);
    count_lines(telling->v, telling->n);
}

/* -- for people -- */

static void print_narrower(const json_t *rules) {
    size_t i;
    json_t *rule;
    json_array_foreach(rules, i, rule) {
        char *text = json_dumps(rule, JSON_ENSURE_ASCII);
        printf("    %s\n", text);
        free(text);
    }
}

static void print_one(const struct told *told, bool color) {
    const struct finding *one = told->finding;
    printf("%s%s:%zu:%zu:%s %s of \"", color ? "\033[1m" : "", told->document->name, told->line,
           told->column, color ? "\033[0m" : "", finding_word(one->kind));
    print_safely(one->of);
    fputs("\"\n  ", stdout);
    print_safely(one->why);
    putchar('\n');
    document_print_at(told->document, told->offset, told->span, told->line, told->column, stdout,
                      color);
    if (one->accepted) {
        fputs("  accepted: ", stdout);
        print_safely(one->accepted->reason.s);
    } else {
        fputs("  ", stdout);
        print_safely(one->what_to_do);
    }
    if (one->narrower && !one->accepted) {
        fputs(":\n", stdout);
        print_narrower(one->narrower);
    } else {
        putchar('\n');
    }
}

static void print_log(const struct decisions_tally *tally, const char *name) {
    printf("; %s: %zu decision%s in %zu lines", name, tally->decisions,
           tally->decisions == 1 ? "" : "s", tally->lines);
    if (*tally->first)
        printf(", from %s to %s", tally->first, tally->last);
    if (tally->unread)
        printf(", %zu of them can't be read", tally->unread);
}

static void print_text(const struct telling *telling) {
    bool color = command_color(STDOUT_FILENO);
    const struct finding *first = NULL;
    for (size_t i = 0; i < telling->n; i++) {
        const struct finding *one = telling->v[i].finding;
        if (!one->accepted || telling->call->verbose)
            print_one(&telling->v[i], color);
        if (!first && !one->accepted && one->kind != FINDING_ACCEPTS_NOTHING)
            first = one;
    }
    size_t left = telling->n - telling->accepted;
    printf("%zu finding%s", left, left == 1 ? "" : "s");
    if (telling->accepted)
        printf(", and %zu accepted%s", telling->accepted,
               telling->call->verbose ? "" : " (--verbose says which)");
    if (telling->uses)
        print_log(uses_tally(telling->uses), telling->call->log);
    putchar('\n');
    if (!first)
        return;
    printf("What is meant so is accepted in the spec, the first say by\n  \"accept\": [{ "
           "\"finding\": \"%s\", \"of\": \"",
           finding_word(first->kind));
    print_safely(first->of);
    puts("\", \"reason\": \"...\" }]");
}

/* -- for programs -- */

static json_t *json_of(const struct telling *telling, const struct told *told) {
    const struct finding *one = told->finding;
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "finding",
                             finding_word(one->kind), "of", one->of, "file", told->document->name,
                             "line", (json_int_t)told->line, "column", (json_int_t)told->column,
                             "layer", origin_layer(telling->reading, told->document), "why",
                             one->why, "toDo", one->what_to_do);
    if (one->narrower)
        json_object_set(json, "narrower", one->narrower);
    if (one->accepted)
        json_object_set_new(json, "accepted", json_string(one->accepted->reason.s));
    return json;
}

static void print_json(const struct telling *telling) {
    json_t *findings = json_array(), *accepted = json_array(), *all;
    for (size_t i = 0; i < telling->n; i++)
        json_array_append_new(telling->v[i].finding->accepted ? accepted : findings,
                              json_of(telling, &telling->v[i]));
    all = json_pack("{s:o, s:o}", "findings", findings, "accepted", accepted);
    if (telling->uses) {
        const struct decisions_tally *tally = uses_tally(telling->uses);
        json_object_set_new(
            all, "log",
            json_pack("{s:s, s:I, s:I, s:I, s:s, s:s}", "file", telling->call->log, "lines",
                      (json_int_t)tally->lines, "decisions", (json_int_t)tally->decisions, "unread",
                      (json_int_t)tally->unread, "from", tally->first, "to", tally->last));
    }
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* -- the command -- */

static enum exit_code tell(const struct call *call, struct reading *reading,
                           const struct plan *plan, const struct uses *uses) {
    struct findings findings;
    struct telling telling = {.call = call, .reading = reading, .spec = plan->spec, .uses = uses};
    lint_spec(reading, plan, uses, &findings);
    find_places(&telling, &findings);
    if (call->json)
        print_json(&telling);
    else
        print_text(&telling);
    bool left = telling.n > telling.accepted;
    free(telling.v);
    findings_clear(&findings);
    return left ? EXIT_DIFFERS : EXIT_DONE;
}

/* A log that has no decision would find every rule unused. */
static enum exit_code read_log(const struct call *call, struct uses *uses) {
    bool input = strcmp(call->log, "-") == 0;
    int descriptor = input ? STDIN_FILENO : open(call->log, O_RDONLY | O_CLOEXEC);
    const char *why = descriptor < 0 ? strerror(errno) : uses_read(uses, descriptor);
    if (descriptor >= 0 && !input)
        close(descriptor);
    if (why)
        return command_fail(EXIT_WRONG, "%s: %s", call->log, why);
    if (!uses_tally(uses)->decisions)
        return command_fail(EXIT_WRONG,
                            "%s: none of its %zu lines is a decision of the proxy's, as "
                            "agent-sandbox logs --json prints them",
                            call->log, uses_tally(uses)->lines);
    return EXIT_DONE;
}

static enum exit_code lint(const struct call *call, struct reading *reading,
                           const struct spec *spec) {
    const struct plan *plan = plan_make(spec, reading->arena);
    struct uses *uses = call->log ? uses_new(plan) : NULL;
    enum exit_code code = uses ? read_log(call, uses) : EXIT_DONE;
    if (code == EXIT_DONE)
        code = tell(call, reading, plan, uses);
    uses_free(uses);
    return code;
}

enum exit_code run_lint(const struct call *call) {
    const char *path = call->arguments[0];
    if (call->log && strcmp(call->log, "-") == 0 && strcmp(path, "-") == 0)
        return command_fail(EXIT_WRONG, "the spec and the log can't both be standard input");
    struct reading *reading = reading_new(diagnostics_new());
    const struct spec *spec = load_spec(reading, path);
    enum exit_code code = EXIT_WRONG;
    if (spec)
        code = lint(call, reading, spec);
    else
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    reading_drop(reading);
    return code;
}
