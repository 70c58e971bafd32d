#include "base/die.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "read/load.h"
#include "read/resolved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 60 }; /* bytes of a value in a line */

/* On one line, and for people alone. */
static void print_value(const json_t *value) {
    CHAR_CLEANUP char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    size_t n = strlen(text);
    utf8_hide_unseen(text);
    if (n > SHOWN) {
        n = SHOWN;
        while (((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        printf("%.*s...", (int)n, text);
    } else {
        fputs(text, stdout);
    }
}

static void print_origin(const struct origin *origin, void *context) {
    const char *layer = origin_layer(context, origin->document);
    CHAR_CLEANUP char *pointer = must_copy(origin->pointer);
    utf8_hide_unseen(pointer);
    fputs(pointer, stdout);
    if (origin->value) {
        fputs(" = ", stdout);
        print_value(origin->value);
    } else if (origin->identity) {
        printf(" (%s ", origin->identity);
        print_value(origin->identical);
        putchar(')');
    }
    printf("\n    %s:%zu:%zu (%s)", origin->document->name, origin->line, origin->column, layer);
    if (origin->locked_by)
        printf(", locked by %s", origin->locked_by);
    putchar('\n');
}

struct listed {
    const struct reading *reading;
    json_t *list;
};

static void list_origin(const struct origin *origin, void *context) {
    struct listed *listed = context;
    json_t *one = json_pack("{s:s, s:s, s:I, s:I, s:s}", "pointer", origin->pointer, "file",
                            origin->document->name, "line", (json_int_t)origin->line, "column",
                            (json_int_t)origin->column, "layer",
                            origin_layer(listed->reading, origin->document));
    if (origin->value)
        json_object_set(one, "value", (json_t *)(uintptr_t)origin->value);
    if (origin->identity)
        json_object_set_new(one, "identity",
                            json_pack("{s:O}", origin->identity, origin->identical));
    if (origin->locked_by)
        json_object_set_new(one, "locked", json_string(origin->locked_by));
    json_array_append_new(listed->list, one);
}

static void print_origins(const struct call *call, const struct reading *reading,
                          const struct spec *spec) {
    if (!call->json) {
        resolved_origins(reading, spec, print_origin, (void *)(uintptr_t)reading);
        return;
    }
    struct listed listed = {reading, json_array()};
    resolved_origins(reading, spec, list_origin, &listed);
    json_dumpf(listed.list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(listed.list);
}

static void print_resolved(const struct spec *spec) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    resolved_write(spec, &j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

enum exit_code run_resolve(const struct call *call) {
    struct reading *reading = reading_new(diagnostics_new());
    const struct spec *spec = load_spec(reading, call->arguments[0]);
    if (!spec)
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    else if (call->origins)
        print_origins(call, reading, spec);
    else
        print_resolved(spec);
    reading_drop(reading);
    return spec ? EXIT_DONE : EXIT_WRONG;
}
