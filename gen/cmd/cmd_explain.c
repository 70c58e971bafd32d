#include "base/process.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "base/whole_file.h"
#include "cmd/command.h"
#include "cmd/print_explained.h"
#include "read/load.h"

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

static enum exit_code answer(const struct call *call, struct reading *reading,
                             const struct spec *spec, const struct question *question) {
    struct explained e = {0};
    bool audit = spec->network.enforcement == ENFORCEMENT_AUDIT;
    const char *why = explain(reading, plan_make(spec, reading->arena), question, &e);
    if (why) {
        explained_clear(&e);
        return command_fail(EXIT_WRONG, "\"%s\": %s", question->what, why);
    }
    print_explained(reading, question, &e, audit, call->json);
    enum exit_code code = e.allowed ? EXIT_DONE : EXIT_DENIED;
    explained_clear(&e);
    return code;
}

/* -- of what is applied -- */

#ifdef __APPLE__
static const char *folder_of(const struct plan *plan) {
    return plan->darwin_current.s;
}

/* Nothing that launchd tells of it does. */
static bool ask_manager(const struct plan *plan, struct arena *arena, char said[], size_t size) {
    (void)plan, (void)arena, (void)said, (void)size;
    return false;
}
#else
static const char *folder_of(const struct plan *plan) {
    return plan->current.s;
}

static bool ask_manager(const struct plan *plan, struct arena *arena, char said[], size_t size) {
    char *unit = arena_printf(arena, "%s-egress.service", plan->prefix.s);
    char *const argv[] = {"systemctl", "show", "--property=StatusText", "--value", unit, NULL};
    FILE *out = tmpfile();
    bool asked = out && process_run(argv, NULL, out, false) == 0;
    if (asked) {
        rewind(out);
        said[fread(said, 1, size - 1, out)] = '\0';
        said[strcspn(said, "\n")] = '\0';
    }
    if (out)
        fclose(out);
    return asked;
}
#endif

/* The proxy says of itself which policy it has: "policy HASH", with more where it refused another
 * one since. */
static bool runs_it(const struct plan *plan, struct arena *arena, const char *path,
                    const char *text, size_t length) {
    char hex[65], said[400] = "";
    if (!ask_manager(plan, arena, said, sizeof said)) {
        fputs("note: nothing here says whether the proxy runs with what is applied\n", stderr);
        return true;
    }
    sha256_hex(text, length, hex);
    if (strcmp(said, arena_printf(arena, "policy %s", hex)) == 0)
        return true;
    utf8_hide_unseen(said);
    command_fail(EXIT_FAILED, "the proxy does not run with %s; it says: %s", path,
                 *said ? said : "nothing");
    return false;
}

static enum exit_code answer_policy(const struct call *call, struct reading *reading,
                                    const struct judge *judge, const struct question *question) {
    struct explained e = {0};
    const char *why = explain_policy(judge, question, reading->arena, &e);
    enum exit_code code = EXIT_WRONG;
    if (why) {
        command_fail(EXIT_WRONG, "\"%s\": %s", question->what, why);
    } else {
        e.no_change = "this is what is applied; without --live the spec is asked";
        json_decref(e.add);
        e.add = NULL;
        code = e.allowed ? EXIT_DONE : EXIT_DENIED;
        print_explained(reading, question, &e, judge_is_audit(judge), call->json);
    }
    explained_clear(&e);
    return code;
}

/* The proxy tells no one what it would do; it says which policy it has. */
static enum exit_code answer_applied(const struct call *call, struct reading *reading,
                                     const struct plan *plan, const struct question *question) {
    const char *path = arena_printf(reading->arena, "%s/proxy/policy.json", folder_of(plan));
    char *text = NULL, *problem = NULL;
    size_t length = 0;
    const char *why = read_whole_file(path, POLICY_MAX, &text, &length);
    if (why)
        return command_fail(EXIT_FAILED, "%s: %s; --live asks what is applied here", path, why);
    enum exit_code code = EXIT_FAILED;
    struct judge *judge = judge_of_policy(text, length, &problem);
    if (!judge)
        command_fail(EXIT_FAILED, "%s: %s", path, problem);
    else if (runs_it(plan, reading->arena, path, text, length))
        code = answer_policy(call, reading, judge, question);
    free(text);
    free(problem);
    judge_free(judge);
    return code;
}

enum exit_code run_explain(const struct call *call) {
    struct question question;
    if (!read_question(call, &question))
        return EXIT_WRONG;
    struct reading *reading = reading_new(diagnostics_new());
    reading->is_whole = true;
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
