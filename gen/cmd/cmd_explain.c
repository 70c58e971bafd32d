#include "base/utf8.h"
#include "base/whole_file.h"
#include "cmd/command.h"
#include "judge/explain.h"
#include "read/load.h"
#include "read/resolved.h"
#include "write/write_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLICY_MAX = 1 << 26 };

/* -- the question -- */

static bool wrong(const char *what) {
    command_fail(EXIT_WRONG,
                 "explain asks about a URL, HOST:PORT, an absolute path, port N, credential NAME "
                 "or unix PATH, not about \"%s\"",
                 what);
    return false;
}

static bool read_number(const char *text, struct question *question) {
    char *end;
    question->number = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && strlen(text) <= 5;
}

static bool read_two(const char *kind, const char *what, struct question *question) {
    question->what = what;
    if (strcmp(kind, "credential") == 0)
        question->kind = ASK_CREDENTIAL;
    else if (strcmp(kind, "unix") == 0)
        question->kind = ASK_SOCKET;
    else if (strcmp(kind, "port") == 0 && read_number(what, question))
        question->kind = ASK_PORT;
    else
        return wrong(strcmp(kind, "port") == 0 ? what : kind);
    return true;
}

static bool read_one(const char *what, struct question *question) {
    question->what = what;
    if (strstr(what, "://"))
        question->kind = ASK_URL;
    else if (*what == '/')
        question->kind = ASK_PATH;
    else if (read_number(what, question))
        question->kind = ASK_PORT;
    else if (strchr(what, ':'))
        question->kind = ASK_CONNECT;
    else
        return wrong(what);
    return true;
}

static bool read_question(const struct call *call, struct question *question) {
    *question = (struct question){.method = call->method ? call->method : "GET"};
    char **words = call->arguments + 1;
    if (!(call->argument_count == 3 ? read_two(words[0], words[1], question)
                                    : read_one(words[0], question)))
        return false;
    if (call->method && question->kind != ASK_URL) {
        command_fail(EXIT_WRONG, "only a URL has a --method");
        return false;
    }
    return true;
}

/* -- the answer -- */

static const struct document *place_of(const struct reading *reading, const struct explained *e,
                                       size_t *offset, size_t *span) {
    struct aim aim = !e->key    ? at_object(e->at)
                     : !e->item ? at_key(e->at, e->key)
                                : at_item(e->at, e->key, e->item);
    return written_in(reading, aim, offset, span);
}

/* What people wrote may hold what a terminal acts on. */
static void print_safely(const char *text) {
    char *copy = strdup(text);
    if (copy) {
        utf8_hide_unseen(copy);
        fputs(copy, stdout);
    }
    free(copy);
}

static void print_said(const char *before, const char *text) {
    if (!text)
        return;
    printf(", %s \"", before);
    print_safely(text);
    putchar('"');
}

static void print_place(const struct reading *reading, const struct explained *e) {
    size_t offset, span;
    if (!e->at)
        return;
    const struct document *document = place_of(reading, e, &offset, &span);
    printf("  by %s", e->pointer && *e->pointer ? e->pointer : "/");
    print_said("owner", e->owner);
    print_said("reason", e->reason);
    if (e->until.year)
        printf(", until %04u-%02u-%02u", e->until.year, e->until.month, e->until.day);
    printf("\n  %s:%zu:%zu (%s)\n", document->name, document_line(document, offset),
           document_column(document, offset), origin_layer(reading, document));
    document_print(document, offset, span, stdout, command_color(STDOUT_FILENO));
}

static void print_credentials(const struct explained *e) {
    size_t i;
    json_t *one;
    json_array_foreach(e->credentials, i, one) {
        const char *placeholder = json_string_value(json_object_get(one, "placeholder"));
        printf("  with the credential %s", json_string_value(json_object_get(one, "name")));
        if (placeholder)
            printf(", where the request carries %s", placeholder);
        putchar('\n');
    }
}

static void print_change(const struct explained *e) {
    const char *verb = e->allowed ? "deny" : "allow";
    if (e->add) {
        char *text = json_dumps(e->add, JSON_ENSURE_ASCII);
        printf("To %s it, add to the spec:\n  %s\n", verb, text);
        free(text);
    } else if (e->remove) {
        printf("To %s it, remove %s\n", verb, e->remove);
    } else {
        printf("No change of the spec would %s it: ", verb);
        print_safely(e->no_change);
        putchar('\n');
    }
}

static void print_text(const struct reading *reading, const struct question *question,
                       const struct explained *e, bool audit) {
    printf("%s: ", e->allowed ? "allowed" : "denied");
    if (question->kind == ASK_URL)
        printf("%s ", question->method);
    print_safely(question->what);
    fputs("\n  ", stdout);
    print_safely(e->why);
    putchar('\n');
    print_place(reading, e);
    print_credentials(e);
    if (audit && !e->allowed)
        puts("  network.enforcement is audit: it is let through all the same, without a secret");
    print_change(e);
}

static json_t *place_json(const struct reading *reading, const struct explained *e) {
    size_t offset, span;
    const struct document *document = place_of(reading, e, &offset, &span);
    json_t *by = json_pack("{s:s*, s:s, s:I, s:I, s:s, s:s*, s:s*}", "pointer", e->pointer, "file",
                           document->name, "line", (json_int_t)document_line(document, offset),
                           "column", (json_int_t)document_column(document, offset), "layer",
                           origin_layer(reading, document), "owner", e->owner, "reason", e->reason);
    if (e->until.year)
        json_object_set_new(
            by, "until",
            json_sprintf("%04u-%02u-%02u", e->until.year, e->until.month, e->until.day));
    return by;
}

static void print_json(const struct reading *reading, const struct question *question,
                       const struct explained *e, bool audit) {
    json_t *all = json_pack("{s:s, s:s, s:s}", "verdict", e->allowed ? "allow" : "deny", "what",
                            question->what, "why", e->why);
    if (question->kind == ASK_URL)
        json_object_set_new(all, "method", json_string(question->method));
    if (audit)
        json_object_set_new(all, "enforcement", json_string("audit"));
    if (e->at)
        json_object_set_new(all, "by", place_json(reading, e));
    if (json_array_size(e->credentials))
        json_object_set(all, "credentials", e->credentials);
    if (e->add)
        json_object_set_new(all, "change", json_pack("{s:O}", "add", e->add));
    else if (e->remove)
        json_object_set_new(all, "change", json_pack("{s:s}", "remove", e->remove));
    else
        json_object_set_new(all, "noChange", json_string(e->no_change));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static enum exit_code answer(const struct call *call, struct reading *reading,
                             const struct spec *spec, const struct question *question) {
    struct explained e = {0};
    bool audit = spec->network.enforcement == ENFORCEMENT_AUDIT;
    const char *why = explain(reading, plan_make(spec, reading->arena), question, &e);
    if (why) {
        explained_clear(&e);
        return command_fail(EXIT_WRONG, "\"%s\": %s", question->what, why);
    }
    if (call->json)
        print_json(reading, question, &e, audit);
    else
        print_text(reading, question, &e, audit);
    enum exit_code code = e.allowed ? EXIT_DONE : EXIT_DENIED;
    explained_clear(&e);
    return code;
}

/* -- of what is applied -- */

/* The proxy tells no one what it would do; it has the applied generation's policy, as root wrote
 * it, or keeps the one before and says so in its log. */
static enum exit_code answer_applied(const struct call *call, struct reading *reading,
                                     const struct plan *plan, const struct question *question) {
    const char *path = arena_printf(reading->arena, "%s/proxy/policy.json", plan->current.s);
    char *text = NULL, *problem = NULL;
    size_t length = 0;
    struct explained e = {0};
    const char *why = read_whole_file(path, POLICY_MAX, &text, &length);
    if (why)
        return command_fail(EXIT_FAILED, "%s: %s; --live asks what is applied here", path, why);
    struct judge *judge = judge_of_policy(text, length, &problem);
    enum exit_code code = EXIT_FAILED;
    free(text);
    if (judge && (why = explain_policy(judge, question, reading->arena, &e))) {
        code = command_fail(EXIT_WRONG, "\"%s\": %s", question->what, why);
    } else if (!judge) {
        command_fail(EXIT_FAILED, "%s: %s", path, problem);
    } else {
        e.no_change = "this is what is applied; without --live the spec is asked";
        json_decref(e.add);
        e.add = NULL;
        code = e.allowed ? EXIT_DONE : EXIT_DENIED;
        if (call->json)
            print_json(reading, question, &e, judge_is_audit(judge));
        else
            print_text(reading, question, &e, judge_is_audit(judge));
    }
    free(problem);
    explained_clear(&e);
    judge_free(judge);
    return code;
}

enum exit_code run_explain(const struct call *call) {
    struct question question;
    if (!read_question(call, &question))
        return EXIT_WRONG;
    struct reading *reading = reading_new(diagnostics_new());
    const struct spec *spec = load_spec(reading, call->arguments[0]);
    enum exit_code code = EXIT_WRONG;
    if (spec && call->live)
        code = answer_applied(call, reading, plan_make(spec, reading->arena), &question);
    else if (spec)
        code = answer(call, reading, spec, &question);
    else
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    reading_drop(reading);
    return code;
}
