#include "cmd/print_explained.h"
#include "cmd/message.h"
#include "read/resolved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct document *place_of(const struct reading *reading, const struct explained *e,
                                       size_t *offset, size_t *span) {
    struct aim aim = !e->key    ? at_object(e->at)
                     : !e->item ? at_key(e->at, e->key)
                                : at_item(e->at, e->key, e->item);
    return written_in(reading, aim, offset, span);
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

static void print_tools(const struct explained *e) {
    if (!e->tools)
        return;
    fputs("  what is said there is read (MCP); of its tools these may be called: ", stdout);
    for (size_t i = 0; e->tools[i]; i++)
        printf("%s%s", i ? ", " : "", e->tools[i]);
    puts(*e->tools ? "" : "none");
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
    print_tools(e);
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
    if (e->tools) {
        json_t *tools = json_array();
        for (size_t i = 0; e->tools[i]; i++)
            json_array_append_new(tools, json_string(e->tools[i]));
        json_object_set_new(all, "tools", tools);
    }
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

void print_explained(const struct reading *reading, const struct question *question,
                     const struct explained *e, bool audit, bool json) {
    (json ? print_json : print_text)(reading, question, e, audit);
}
