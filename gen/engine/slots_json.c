/* Secrets in a body of JSON: modules/proxy/slots_json.py, in C. */
#include "engine/json_body.h"
#include "engine/json_place.h"
#include "engine/redact.h"
#include "engine/slots_private.h"

#include <stdlib.h>
#include <string.h>

bool slots_want_body(const struct egress *egress, const struct egress_question *question) {
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->slot == SLOT_JSON && egress_bound_to(one, question->host) &&
            egress_goes_to(one, question->target))
            return true;
    }
    return false;
}

const char *slots_body_wrong(struct arena *arena, const struct slots_due *due,
                             const struct fields *fields, unsigned long long length) {
    const char *why = json_body_wrong(fields, length);
    return why ? arena_printf(arena, "credential %s: a body that it may go into %s",
                              due->json[0]->name, why)
               : NULL;
}

static bool same_place(const struct egress_credential *a, const struct egress_credential *b) {
    return strcmp(a->slot_name, b->slot_name) == 0;
}

/* The longest that is asked for; else the first that need not be. */
static const struct egress_credential *choose(const struct slots_due *due, size_t from,
                                              struct bytes text) {
    const struct egress_credential *asked = NULL, *unasked = NULL;
    for (size_t i = from; i < due->json_count; i++) {
        const struct egress_credential *one = due->json[i];
        if (!same_place(one, due->json[from]))
            continue;
        bool asks = one->placeholder && forms_found(&one->placeholder_forms, 1, text.s, text.n);
        if (asks && (!asked || strlen(one->placeholder) > strlen(asked->placeholder)))
            asked = one;
        if (!unasked && !one->ask)
            unasked = one;
    }
    return asked ? asked : unasked;
}

static bool is_first(const struct slots_due *due, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (same_place(due->json[i], due->json[at]))
            return false;
    return true;
}

static int by_place(const void *x, const void *y) {
    const struct slots_edit *a = x, *b = y;
    return (a->literal.s < b->literal.s) - (a->literal.s > b->literal.s);
}

const char *slots_choose_in_body(struct arena *arena, struct bytes body, struct slots_due *due) {
    due->edits = arena_alloc(arena, (due->json_count + 1) * sizeof *due->edits);
    for (size_t i = 0; i < due->json_count; i++) {
        const struct egress_credential *one = due->json[i];
        if (!is_first(due, i))
            continue;
        struct json_place place = json_place_find(arena, body, one->slot_name);
        if (place.kind == PLACE_NO_JSON)
            return arena_printf(arena,
                                "credential %s: a body that it may go into is JSON, and this one "
                                "is not",
                                one->name);
        if (place.kind == PLACE_AMBIGUOUS)
            return arena_printf(arena,
                                "credential %s: the body has %s more than once, or in other "
                                "letters",
                                one->name, one->slot_name);
        if (place.kind == PLACE_STRING)
            due->edits[due->edit_count++] =
                (struct slots_edit){place.literal, choose(due, i, place.text)};
    }
    qsort(due->edits, due->edit_count, sizeof *due->edits, by_place);
    for (size_t i = 0; i < due->edit_count; i++)
        if (due->edits[i].credential)
            due->v[due->n++] = due->edits[i].credential;
    return NULL;
}

struct bytes slots_put(struct filled **filled, struct bytes body, size_t at, size_t length,
                       struct bytes secret) {
    char *room = filled_room(filled, body.n + 2 * secret.n + 2), *out = room + at;
    memcpy(room, body.s, at);
    *out++ = '"';
    for (size_t i = 0; i < secret.n; i++) { /* visible ASCII: secret_file.c */
        if (secret.s[i] == '"' || secret.s[i] == '\\')
            *out++ = '\\';
        *out++ = secret.s[i];
    }
    *out++ = '"';
    size_t rest = body.n - at - length;
    memcpy(out, body.s + at + length, rest);
    return (struct bytes){room, (size_t)(out - room) + rest};
}
