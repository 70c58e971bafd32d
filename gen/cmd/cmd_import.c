/* import: a spec from the file of a sandbox that somebody has already. */
#include "base/die.h"
#include "base/words.h"
#include "cmd/command.h"
#include "cmd/new_file.h"
#include "import/import.h"
#include "spec/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct import_format *find_format(struct arena *arena, const char *name) {
    struct words_nearest nearest = {.wanted = name};
    const struct import_format *format = import_find(name);
    const char *list = "";
    for (size_t i = 0; import_formats[i]; i++) {
        words_offer(&nearest, import_formats[i]->name);
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", import_formats[i]->name);
    }
    if (!format && nearest.best)
        command_fail(EXIT_WRONG, "nothing is imported from \"%s\"; did you mean \"%s\"?", name,
                     nearest.best);
    else if (!format)
        command_fail(EXIT_WRONG, "nothing is imported from \"%s\"; there are: %s", name, list);
    return format;
}

static bool name_fits(struct arena *arena, const char *name) {
    struct name parsed;
    const char *why = type_sandbox_name.parse(arena, name, &parsed);
    if (why || strlen(name) > 20)
        command_fail(EXIT_WRONG, "\"%s\" is no name of a sandbox: %s", name,
                     why ? why : "at most 20 characters");
    return !why && strlen(name) <= 20;
}

/* Each value of it was tried alone; that they go together, check has the last word on. */
static enum exit_code check_whole(const char *text) {
    struct reading *reading = reading_new(diagnostics_new());
    load_spec_text(reading, "import", text, strlen(text));
    const char *why = diagnostics_first(reading->diagnostics);
    enum exit_code code =
        why ? command_fail(EXIT_WRONG, "check would refuse what was imported: %s", why) : EXIT_DONE;
    reading_drop(reading);
    return code;
}

static enum exit_code write_spec(const struct call *call, const json_t *spec) {
    CHAR_CLEANUP char *dumped = json_dumps(spec, JSON_INDENT(2));
    size_t n = strlen(dumped);
    CHAR_CLEANUP char *text = must_alloc(n + 2);
    snprintf(text, n + 2, "%s\n", dumped);
    enum exit_code code = check_whole(text);
    if (code != EXIT_DONE)
        return code;
    if (call->output && strcmp(call->output, "-") != 0)
        return new_file(call->output, 0644, text, n + 1);
    fwrite(text, 1, n + 1, stdout);
    return EXIT_DONE;
}

enum exit_code run_import(const struct call *call) {
    struct reading *reading = reading_new(diagnostics_new());
    struct diagnostics *notes = diagnostics_new();
    const struct import_format *format = find_format(reading->arena, call->arguments[0]);
    const char *name = call->name ? call->name : "imported";
    json_t *spec = NULL;
    enum exit_code code = EXIT_WRONG;
    if (format && name_fits(reading->arena, name))
        spec = import_file(reading, notes, format, call->arguments[1], name);
    diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    if (call->json)
        diagnostics_print_json(notes, stderr);
    else
        diagnostics_print_as(notes, "not taken", stderr, command_color(STDERR_FILENO));
    if (spec)
        code = write_spec(call, spec);
    json_decref(spec);
    diagnostics_free(notes);
    reading_drop(reading);
    return code;
}
