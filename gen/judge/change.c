#include "judge/change.h"
#include "base/calendar.h"
#include "read/load.h"
#include "read/merge.h"
#include "read/resolved.h"
#include "spec/types.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_DAYS = 90 };

void change_complete(const struct spec *spec, json_t *rule) {
    const struct require *require = &spec->require;
    bool dated = require->lifetime > 0;
    for (size_t i = 0; i < require->rules.n; i++) {
        enum required what = require->rules.v[i];
        dated = dated || what == REQUIRED_EXPIRES;
        if (what != REQUIRED_EXPIRES)
            json_object_set_new(
                rule, type_required.values[what],
                json_string(what == REQUIRED_OWNER ? "who answers for it" : "what it is for"));
    }
    if (!dated)
        return;
    int64_t days =
        require->lifetime && require->lifetime < USUAL_DAYS ? require->lifetime : USUAL_DAYS;
    struct date last = calendar_date(calendar_now() + (time_t)days * 86400);
    json_object_set_new(rule, "expires",
                        json_sprintf("%04u-%02u-%02u", last.year, last.month, last.day));
}

/* The value at a pointer goes. Of the two characters that a pointer escapes no key that is walked
 * here has one. */
static void take_out(json_t *root, const char *pointer) {
    json_t *holder = root;
    for (;;) {
        pointer++;
        size_t n = strcspn(pointer, "/");
        char name[64] = "";
        memcpy(name, pointer, n < sizeof name ? n : 0);
        pointer += n;
        if (json_is_array(holder)) {
            size_t index = strtoul(name, NULL, 10);
            if (!*pointer)
                json_array_remove(holder, index);
            holder = json_array_get(holder, index);
        } else {
            if (!*pointer)
                json_object_del(holder, name);
            holder = json_object_get(holder, name);
        }
        if (!*pointer)
            return;
    }
}

static char *changed_text(struct reading *reading, const struct plan *plan,
                          const struct explained *out) {
    json_t *before = json_deep_copy(plan->spec->at), *after = before;
    json_object_del(before, "extends");
    if (out->add)
        after = merge(reading, &spec_object, before, out->add);
    else
        take_out(before, out->remove);
    char *text = json_dumps(after, JSON_COMPACT);
    if (after != before)
        json_decref(after);
    reading_keep(reading, before); /* merge() has noted where it is from */
    json_decref(before);
    return text;
}

/* NULL, or why the change is of no use. */
static const char *why_not(struct reading *reading, const struct question *question,
                           const char *text, bool was_allowed) {
    struct reading *trial = reading_new(diagnostics_new());
    trial->is_whole = true;
    const struct spec *spec = load_spec_text(trial, "changed", text, strlen(text));
    const char *why = NULL;
    struct explained then = {0};
    struct plan *plan = spec ? plan_make(spec, trial->arena) : NULL;
    if (plan)
        judge_tests(trial, plan);
    if (diagnostics_count(trial->diagnostics))
        why = arena_printf(reading->arena, "check would refuse it: %s",
                           diagnostics_first(trial->diagnostics));
    else if (explain_once(trial, plan, question, &then) || then.allowed == was_allowed)
        why = "no single change does it: more than one thing says so";
    explained_clear(&then);
    reading_drop(trial);
    return why;
}

/* NULL: it does what it is for. */
static const char *attempt(struct reading *reading, const struct plan *plan,
                           const struct question *question, const struct explained *out) {
    char *text = changed_text(reading, plan, out);
    const char *why = why_not(reading, question, text, out->allowed);
    free(text);
    return why;
}

void change_try(struct reading *reading, const struct plan *plan, const struct question *question,
                struct explained *out) {
    const char *list = out->remove;
    if (!out->add && !out->remove)
        return;
    for (size_t i = 0; i < (out->choices ? out->choices : 1); i++) {
        if (out->choices)
            out->remove = arena_printf(reading->arena, "%s/%zu", list, i);
        out->no_change = attempt(reading, plan, question, out);
        if (!out->no_change)
            return;
    }
    json_decref(out->add);
    out->add = NULL;
    out->remove = NULL;
}
