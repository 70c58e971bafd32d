#include "read/document.h"
#include "base/die.h"
#include "base/utf8.h"
#include "read/diagnostics.h"
#include "read/where.h"

#include <stdlib.h>
#include <string.h>

void document_free(struct document *document) {
    where_free(document->places);
    free(document->name);
    free(document->folder);
    free(document->text);
    json_decref(document->root);
    *document = (struct document){0};
}

void documents_in_threads(void) {
    json_object_seed(0);
}

static bool only_space(const struct document *d) {
    return strspn(d->text, " \t\r\n") == d->length;
}

/* What jansson would refuse with less to say. */
static bool plain_utf8(const struct document *d, struct diagnostics *diagnostics) {
    if (only_space(d)) {
        diagnostics_add(diagnostics, d, 0, 1,
                        "the file is empty; `agent-sandbox init` writes a start");
        return false;
    }
    if (d->length >= 3 && memcmp(d->text, "\xef\xbb\xbf", 3) == 0) {
        diagnostics_add(
            diagnostics, d, 0, 1,
            "a byte order mark stands before the JSON; save the file as UTF-8 without it");
        return false;
    }
    if (d->length >= 2 &&
        (memcmp(d->text, "\xff\xfe", 2) == 0 || memcmp(d->text, "\xfe\xff", 2) == 0)) {
        diagnostics_add(diagnostics, d, 0, 1, "the file is UTF-16; save it as UTF-8");
        return false;
    }
    for (size_t at = 0; at < d->length;) {
        uint32_t c;
        size_t n = utf8_next(d->text + at, &c);
        if (c == 0) {
            diagnostics_add(diagnostics, d, at, 1, "a NUL byte; JSON is text");
            return false;
        }
        if (c == 0xfffd && n == 1) {
            diagnostics_add(diagnostics, d, at, 1, "byte 0x%02x is not valid UTF-8",
                            (unsigned)(unsigned char)d->text[at]);
            return false;
        }
        at += n;
    }
    return true;
}

/* What jansson's words leave open; at is where it stumbled. */
static const char *hint(const struct document *d, size_t at, const char *what) {
    size_t before = at;
    while (before > 0 && strchr(" \t\r\n", d->text[before - 1]))
        before--;
    char c = at < d->length ? d->text[at] : '\0';
    bool comma = before > 0 && d->text[before - 1] == ',';
    if (c == '/' || c == '#')
        return " (JSON has no comments)";
    if (c == '\'')
        return " (JSON quotes with \")";
    if (comma && (c == '}' || c == ']'))
        return " (no comma stands behind the last one)";
    if (strstr(what, "'}' expected") == what || strstr(what, "']' expected") == what)
        return " (or a comma is missing before this)";
    return "";
}

/* jansson says "WHAT near 'TOKEN'" and the position behind TOKEN. */
static void syntax_diagnostic(const struct document *d, const json_error_t *error,
                              struct diagnostics *diagnostics) {
    const char *near = strstr(error->text, " near ");
    size_t at = error->position > 0 ? (size_t)error->position : 0, what = strlen(error->text);
    bool at_end = json_error_code(error) == json_error_premature_end_of_input;
    if (near)
        what = (size_t)(near - error->text);
    if (!near || at_end) {
        diagnostics_add(diagnostics, d, d->length, 1, "the JSON ends too early: %.*s", (int)what,
                        error->text);
        return;
    }
    size_t token = strlen(near + 7);
    token = token > 0 ? token - 1 : 0; /* the closing quote */
    if (token <= at && token > 0 && memcmp(d->text + at - token, near + 7, token) == 0)
        at -= token;
    else if (at > 0)
        at--, token = 1;
    if (json_error_code(error) == json_error_null_character)
        diagnostics_add(diagnostics, d, at, token, "\\u0000 has no place in a spec");
    else
        diagnostics_add(diagnostics, d, at, token, "not JSON: %.*s%s", (int)what, error->text,
                        hint(d, at, error->text));
}

static void duplicate(const struct document *d, size_t offset, size_t span, void *diagnostics) {
    diagnostics_add(diagnostics, d, offset, span, "the key %.*s stands here a second time",
                    (int)span, d->text + offset);
}

static bool parse(struct document *d, struct diagnostics *diagnostics) {
    json_error_t error;
    d->root = json_loadb(d->text, d->length, JSON_REJECT_DUPLICATES, &error);
    if (!d->root && json_error_code(&error) == json_error_duplicate_key) {
        d->root = json_loadb(d->text, d->length, 0, &error);
        if (d->root)
            where_duplicates(d, duplicate, diagnostics);
    }
    if (!d->root) {
        syntax_diagnostic(d, &error, diagnostics);
        return false;
    }
    if (!json_is_object(d->root)) {
        diagnostics_add(diagnostics, d, strspn(d->text, " \t\r\n"), 1,
                        "a spec is a JSON object: { \"version\": 1, ... }");
        return false;
    }
    return true;
}

bool document_text(struct document *document, const char *name, char *text, size_t length,
                   struct diagnostics *diagnostics) {
    *document = (struct document){
        .name = must_copy(name), .text = text, .length = length, .places = where_new()};
    return plain_utf8(document, diagnostics);
}

bool document_parse(struct document *document, const char *name, char *text, size_t length,
                    struct diagnostics *diagnostics) {
    return document_text(document, name, text, length, diagnostics) && parse(document, diagnostics);
}
