/* update: the bases that a spec has in git repositories, fetched, shown and pinned. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/replace_file.h"
#include "cmd/command.h"
#include "cmd/fetch.h"
#include "cmd/message.h"
#include "judge/judge.h"
#include "read/json_edit.h"
#include "read/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct update_pin {
    const struct base *base; /* as the spec has it */
    size_t index;            /* in "extends" */
    bool asked;
    struct fetched now;
    bool changes;
};

struct update {
    const struct call *call;
    const char *path;
    struct reading *reading; /* of the file alone */
    struct document *document;
    struct update_pin *pins;
    size_t count;
    struct buf text; /* with the new pins */
    bool changed;
    enum exit_code failed; /* what a fetch of a base's bases came to */
};

/* -- what is asked -- */

static bool is_asked(const struct call *call, const char *url) {
    for (size_t i = 1; i < call->argument_count; i++)
        if (strcmp(call->arguments[i], url) == 0)
            return true;
    return call->argument_count < 2;
}

static bool read_pins(struct update *u) {
    struct spec *part = arena_alloc(u->reading->arena, sizeof *part);
    const json_t *one;
    size_t i;
    u->document = load_document(u->reading, u->path);
    if (!u->document)
        return false;
    read_object(u->reading, &spec_object, u->document->root, part, READ_PART);
    if (diagnostics_count(u->reading->diagnostics))
        return false;
    u->pins = arena_alloc(u->reading->arena, (part->extends.n + 1) * sizeof *u->pins);
    json_array_foreach(json_object_get(u->document->root, "extends"), i, one) {
        for (size_t k = 0; k < part->extends.n; k++) {
            const struct base *base = &part->extends.v[k];
            if (base->at && base->at == one)
                u->pins[u->count++] = (struct update_pin){
                    .base = base, .index = i, .asked = is_asked(u->call, base->url.s)};
        }
    }
    return true;
}

static enum exit_code check_urls(const struct update *u) {
    for (size_t i = 1; i < u->call->argument_count; i++) {
        bool found = false;
        for (size_t k = 0; k < u->count; k++)
            found = found || strcmp(u->pins[k].base->url.s, u->call->arguments[i]) == 0;
        if (!found)
            return command_fail(EXIT_WRONG, "%s extends nothing of %s", u->path,
                                u->call->arguments[i]);
    }
    return EXIT_DONE;
}

/* -- fetching -- */

/* What is pinned and not in the cache; what comes is for the reader to judge. */
static bool fetch_pinned(const struct base *pin, void *context) {
    struct update *u = context;
    struct fetched fetched;
    enum exit_code code = fetch_rev(pin->url.s, pin->rev.s, &fetched);
    if (code != EXIT_DONE)
        u->failed = code;
    else if (!u->call->json)
        printf("%s: fetched %.10s\n", pin->url.s, fetched.rev);
    return code == EXIT_DONE;
}

static bool same_place(const struct base *a, const struct base *b) {
    return strcmp(a->url.s, b->url.s) == 0 &&
           (a->ref.s == b->ref.s || (a->ref.s && b->ref.s && strcmp(a->ref.s, b->ref.s) == 0));
}

static enum exit_code fetch_pin(struct update *u, size_t i) {
    struct update_pin *pin = &u->pins[i];
    for (size_t k = 0; k < i; k++)
        if (u->pins[k].asked && same_place(u->pins[k].base, pin->base)) {
            pin->now = u->pins[k].now;
            return EXIT_DONE;
        }
    return fetch_ref(pin->base->url.s, pin->base->ref.s, &pin->now);
}

static enum exit_code fetch_pins(struct update *u) {
    for (size_t i = 0; i < u->count; i++) {
        struct update_pin *pin = &u->pins[i];
        enum exit_code code = pin->asked ? fetch_pin(u, i) : EXIT_DONE;
        if (code != EXIT_DONE)
            return code;
        const char *rev = pin->base->rev.s, *hash = pin->base->hash.s;
        pin->changes = pin->asked && (!rev || !hash || strcmp(rev, pin->now.rev) != 0 ||
                                      strcmp(hash, pin->now.hash) != 0);
        u->changed = u->changed || pin->changes;
    }
    return EXIT_DONE;
}

/* -- the spec's text -- */

/* The user's file is at stake: what was edited must read as meant. */
static void must_say(const struct update *u) {
    json_t *wanted = json_deep_copy(u->document->root);
    json_t *got = json_loadb(u->text.data, u->text.len, JSON_REJECT_DUPLICATES, NULL);
    for (size_t i = 0; i < u->count; i++) {
        json_t *one = json_array_get(json_object_get(wanted, "extends"), u->pins[i].index);
        if (u->pins[i].changes) {
            json_object_set_new(one, "rev", json_string(u->pins[i].now.rev));
            json_object_set_new(one, "narHash", json_string(u->pins[i].now.hash));
        }
    }
    bool same = got && json_equal(wanted, got);
    json_decref(wanted);
    json_decref(got);
    if (!same)
        die("the edited spec does not say what it should; %s is left as it is", u->path);
}

static void edit(struct update *u) {
    buf_add(&u->text, u->document->text, u->document->length);
    for (size_t i = 0; i < u->count; i++) {
        BUF_CLEANUP struct buf index = {0}, rev = {0}, hash = {0};
        if (!u->pins[i].changes)
            continue;
        buf_printf(&index, "%zu", u->pins[i].index);
        buf_printf(&rev, "\"%s\"", u->pins[i].now.rev);
        buf_printf(&hash, "\"%s\"", u->pins[i].now.hash);
        const char *const rev_path[] = {"extends", index.data, "rev"};
        const char *const hash_path[] = {"extends", index.data, "narHash"};
        json_edit_set(&u->text, rev_path, 3, rev.data);
        json_edit_set(&u->text, hash_path, 3, hash.data);
    }
    must_say(u);
}

/* -- what is said of it -- */

static void print_pins(const struct update *u) {
    if (u->call->pinned)
        printf("%s: what it pins is in the cache\n", u->path);
    else if (!u->count)
        printf("%s pins no base\n", u->path);
    for (size_t i = 0; i < u->count; i++) {
        const struct update_pin *pin = &u->pins[i];
        if (!pin->asked || u->call->pinned)
            continue;
        printf("%s %s: ", pin->base->url.s, pin->base->path.s);
        if (!pin->changes)
            printf("nothing changed (%.10s)\n", pin->now.rev);
        else if (pin->base->rev.s)
            printf("%s from %.10s to %.10s\n", u->call->dry_run ? "would move" : "moved",
                   pin->base->rev.s, pin->now.rev);
        else
            printf("%s to %.10s\n", u->call->dry_run ? "would be pinned" : "pinned", pin->now.rev);
    }
}

static void pin_json(const struct update_pin *pin, struct json_writer *j) {
    jw_object(j);
    jw_key(j, "url");
    jw_text(j, pin->base->url);
    jw_key(j, "path");
    jw_text(j, pin->base->path);
    if (pin->base->rev.s) {
        jw_key(j, "before");
        jw_text(j, (struct text){pin->base->rev.s});
    }
    jw_key(j, "rev");
    jw_text(j, (struct text){pin->now.rev});
    jw_key(j, "narHash");
    jw_text(j, (struct text){pin->now.hash});
    jw_key(j, "changed");
    jw_bool(j, pin->changes);
    jw_end(j);
}

static void print_json(const struct update *u, const struct policy_report *policy) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    jw_object(&j);
    jw_key(&j, "pins");
    jw_array(&j);
    for (size_t i = 0; i < u->count; i++)
        if (u->pins[i].asked && !u->call->pinned)
            pin_json(&u->pins[i], &j);
    jw_end(&j);
    jw_key(&j, "policy");
    jw_array(&j);
    policy_report_json(policy, (struct name){NULL}, &j);
    jw_end(&j);
    jw_key(&j, "written");
    jw_bool(&j, u->changed && !u->call->dry_run);
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

static enum exit_code write_spec(const struct update *u) {
    const char *why =
        replace_file(u->path, u->document->text, u->document->length, u->text.data, u->text.len);
    return why ? command_fail(EXIT_FAILED, "can't write %s: %s", u->path, why) : EXIT_DONE;
}

/* -- what it changes -- */

/* What was pinned, for comparison: where it can't be read any more, everything counts as new. */
static const struct spec *load_before(struct update *u, struct reading *reading) {
    for (size_t i = 0; i < u->count; i++)
        if (!u->pins[i].base->rev.s || !u->pins[i].base->hash.s)
            return NULL;
    return load_older_part(reading, u->path);
}

static const struct spec *load_after(struct update *u, struct reading *reading) {
    const struct spec *spec = load_edited(reading, u->path, u->text.data, u->text.len);
    if (spec)
        judge_tests(reading, plan_make(spec, reading->arena));
    if (diagnostics_count(reading->diagnostics) == 0)
        return spec;
    diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    return NULL;
}

static enum exit_code show_and_write(struct update *u) {
    const struct fetcher fetcher = {fetch_pinned, u};
    struct reading *before = reading_new(diagnostics_new()),
                   *after = reading_new(diagnostics_new());
    struct policy_report policy = {.arena = after->arena};
    before->fetcher = after->fetcher = &fetcher;
    const struct spec *new = load_after(u, after);
    enum exit_code code = new ? EXIT_DONE : u->failed ? u->failed : EXIT_WRONG;
    if (new) {
        policy_compare(&policy.diff, load_before(u, before), new, policy.arena);
        if (!u->call->json && u->changed)
            policy_print(&policy, stdout);
        fflush(stdout);
        code = u->changed && !u->call->dry_run ? write_spec(u) : EXIT_DONE;
    }
    if (code == EXIT_DONE && u->call->json)
        print_json(u, &policy);
    else if (code == EXIT_DONE)
        print_pins(u);
    else if (u->changed)
        command_fail(code, "%s is left as it is", u->path);
    reading_drop(before);
    reading_drop(after);
    return code;
}

static enum exit_code update(struct update *u) {
    if (!read_pins(u))
        return EXIT_WRONG;
    enum exit_code code = check_urls(u);
    if (code == EXIT_DONE && !u->call->pinned)
        code = fetch_pins(u);
    if (code != EXIT_DONE)
        return code;
    edit(u);
    return show_and_write(u);
}

enum exit_code run_update(const struct call *call) {
    struct update u = {.call = call, .path = UP_SPEC};
    if (call->argument_count)
        u.path = call->arguments[0];
    if (strcmp(u.path, "-") == 0)
        return command_fail(EXIT_WRONG,
                            "update writes into the spec: it takes a file, not standard input");
    u.reading = reading_new(diagnostics_new());
    enum exit_code code = update(&u);
    diagnostics_print(u.reading->diagnostics, stderr, command_color(STDERR_FILENO));
    buf_free(&u.text);
    reading_drop(u.reading);
    return code;
}
