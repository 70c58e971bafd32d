/* export: another sandbox's own file from a spec, and what that cannot hold. */
#include "base/words.h"
#include "cmd/command.h"
#include "cmd/new_file.h"
#include "export/export.h"
#include "read/load.h"
#include "write/write_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct export_target *find_target(struct arena *arena, const char *name) {
    struct words_nearest nearest = {.wanted = name};
    const struct export_target *target = export_find(name);
    const char *list = "";
    for (size_t i = 0; export_targets[i]; i++) {
        words_offer(&nearest, export_targets[i]->name);
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", export_targets[i]->name);
    }
    if (!target && nearest.best)
        command_fail(EXIT_WRONG, "nothing is exported to \"%s\"; did you mean \"%s\"?", name,
                     nearest.best);
    else if (!target)
        command_fail(EXIT_WRONG, "nothing is exported to \"%s\"; there are: %s", name, list);
    return target;
}

/* -- what is lost -- */

struct telling {
    struct reading *reading;
    const struct plan *plan;
    FILE *out;
    struct json_writer j; /* or JSON */
    size_t wider, narrower;
};

/* NULL: not in one place, but always. */
static const char *place_of(const struct telling *telling, struct asked asked) {
    if (asked.at == telling->plan->spec->at && !asked.key)
        return NULL;
    return written_place(telling->reading,
                         asked.key ? at_key(asked.at, asked.key) : at_object(asked.at));
}

static void count(const struct export_loss *loss, struct asked asked, void *context) {
    struct telling *telling = context;
    (void)asked;
    *(loss->effect == EXPORT_WIDER ? &telling->wider : &telling->narrower) += 1;
}

static void tell(const struct export_loss *loss, struct asked asked, void *context) {
    struct telling *telling = context;
    const char *place = place_of(telling, asked);
    fprintf(telling->out, "  %-9s %s: %s", export_effect_word(loss->effect), loss->what, loss->why);
    if (place)
        fprintf(telling->out, " (%s)", place);
    fputc('\n', telling->out);
}

static void jw_own(struct json_writer *j, const char *words) {
    jw_text(j, (struct text){words});
}

static void list(const struct export_loss *loss, struct asked asked, void *context) {
    struct telling *telling = context;
    const char *place = place_of(telling, asked);
    jw_object(&telling->j);
    jw_key(&telling->j, "effect");
    jw_own(&telling->j, export_effect_word(loss->effect));
    jw_key(&telling->j, "what");
    jw_own(&telling->j, loss->what);
    jw_key(&telling->j, "why");
    jw_own(&telling->j, loss->why);
    if (place) {
        jw_key(&telling->j, "at");
        jw_own(&telling->j, place);
    }
    jw_end(&telling->j);
}

/* -- the matrix -- */

static void print_matrix(const struct export_target *target, struct telling *telling) {
    printf("%s: %s\n", target->name, target->doc);
    for (size_t i = 0; i < target->matrix->held_count; i++)
        printf("  held      %s: %s\n", target->matrix->held[i].what, target->matrix->held[i].how);
    export_losses(target, telling->plan, tell, telling);
}

static void print_matrix_json(const struct export_target *target, struct telling *telling) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer *j = &telling->j;
    jw_start(j, &text);
    jw_object(j);
    jw_key(j, "target");
    jw_own(j, target->name);
    jw_key(j, "rows");
    jw_array(j);
    for (size_t i = 0; i < target->matrix->held_count; i++) {
        jw_object(j);
        jw_key(j, "effect");
        jw_string(j, "held");
        jw_key(j, "what");
        jw_own(j, target->matrix->held[i].what);
        jw_key(j, "how");
        jw_own(j, target->matrix->held[i].how);
        jw_end(j);
    }
    export_losses(target, telling->plan, list, telling);
    jw_end(j);
    jw_end(j);
    jw_finish(j);
    fwrite(text.data, 1, text.len, stdout);
}

/* -- the files -- */

static enum exit_code write_file(const struct export_target *target, size_t which,
                                 const struct telling *telling, const char *path) {
    BUF_CLEANUP struct buf text = {0};
    const struct export_file *file = &target->files[which];
    file->write(target, telling->plan, telling->reading->arena, &text);
    if (strcmp(path, "-") == 0) {
        fwrite(text.data, 1, text.len, stdout);
        return EXIT_DONE;
    }
    return new_file(path, file->executable ? 0755 : 0644, text.data, text.len);
}

static enum exit_code write_files(const struct call *call, const struct export_target *target,
                                  const struct telling *telling) {
    enum exit_code code = EXIT_DONE;
    if (target->file_count == 1)
        return write_file(target, 0, telling, call->output ? call->output : "-");
    if (!call->output || strcmp(call->output, "-") == 0)
        return command_fail(EXIT_WRONG, "%s is %zu files: name their folder with -o", target->name,
                            target->file_count);
    if (mkdir(call->output, 0755) < 0 && errno != EEXIST)
        return command_fail(EXIT_FAILED, "can't make %s: %s", call->output, strerror(errno));
    for (size_t i = 0; i < target->file_count && code == EXIT_DONE; i++)
        code = write_file(
            target, i, telling,
            arena_printf(telling->reading->arena, "%s/%s", call->output, target->files[i].name));
    return code;
}

static enum exit_code export(const struct call *call, const struct export_target *target,
                             struct telling *telling) {
    const char *name = telling->plan->name.s; export_losses(target, telling->plan, count, telling);
    if (call->json || call->matrix){
        (call->json ? print_matrix_json : print_matrix)(target, telling); return EXIT_DONE;}
if (telling->wider + telling->narrower)
    fprintf(stderr, "agent-sandbox: %s does not hold all of %s:\n", target->name, name);
export_losses(target, telling->plan, tell, telling);
if (telling->wider && !call->lossy)
    return command_fail(EXIT_DIFFERS,
                        "nothing is written: %s would let pass what %s forbids, where it is "
                        "wider; with --lossy it is written",
                        target->name, name);
return write_files(call, target, telling);
}

enum exit_code run_export(const struct call *call) {
    struct reading *reading = reading_new(diagnostics_new());
    const struct export_target *target = find_target(reading->arena, call->arguments[0]);
    const struct spec *spec = target ? load_spec(reading, call->arguments[1]) : NULL;
    enum exit_code code = EXIT_WRONG;
    if (spec) {
        struct telling telling = {
            .reading = reading, .plan = plan_make(spec, reading->arena), .out = stderr};
        if (call->matrix)
            telling.out = stdout;
        code = export(call, target, &telling);
    } else if (target) {
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    }
    reading_drop(reading);
    return code;
}
