/* pin: the three numbers by which flake.lock knows an input, taken from a clone. */
#include "base/buf_raw.h"
#include "base/calendar.h"
#include "base/die.h"
#include "base/replace_file.h"
#include "base/words.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "read/defaults.h"
#include "read/json_edit.h"
#include "read/load.h"
#include "spec/flake_url.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS = 4 };

static const char *const keys[KEYS] = {"url", "rev", "narHash", "lastModified"};

struct pinning {
    const struct call *call;
    const char *input, *path;
    struct reading *reading;
    struct document *document;
    const json_t *inputs, *own; /* what the spec says already; NULL: nothing */
    const char *url;
    struct flake_url parsed;
    struct store_pin pin;
    struct buf values[KEYS]; /* as JSON */
    bool changes[KEYS];
    bool changed;
};

/* -- what is asked -- */

static bool known_input(const char *input) {
    struct words_nearest nearest = {.wanted = input};
    BUF_CLEANUP struct buf known = {0};
    for (size_t i = 0; input_names[i]; i++) {
        if (strcmp(input_names[i], input) == 0)
            return true;
        words_offer(&nearest, input_names[i]);
        buf_printf(&known, "%s%s", i ? ", " : "", input_names[i]);
    }
    if (nearest.best)
        command_fail(EXIT_WRONG, "no input is called \"%s\"; did you mean \"%s\"?", input,
                     nearest.best);
    else
        command_fail(EXIT_WRONG, "no input is called \"%s\"; there are: %s", input, known.data);
    return false;
}

static enum exit_code check_call(const struct call *call) {
    struct stat st;
    const char *path = call->arguments[1];
    if (!known_input(call->arguments[0]))
        return EXIT_WRONG;
    if (strcmp(path, "-") == 0)
        return command_fail(EXIT_WRONG,
                            "pin writes into the spec: it takes a file, not standard input");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return command_fail(EXIT_WRONG, "%s is not a plain file", path);
    if (!call->from)
        return command_fail(EXIT_WRONG, "pin needs --from DIR: a local clone of the input's "
                                        "repository");
    return EXIT_DONE;
}

/* -- what the spec says -- */

/* What stands at key of an object, as an object; false when it is something else. */
static bool take_object(struct pinning *p, const json_t *holder, const char *key,
                        const json_t **object) {
    *object = json_object_get(holder, key);
    if (!*object || json_is_object(*object))
        return true;
    complain(p->reading, at_value(holder, key), "\"%s\" must be an object", key);
    return false;
}

static bool take_url(struct pinning *p, const json_t *url) {
    struct text unused;
    const char *s = json_string_value(url);
    const char *why = s ? type_flake_url.parse(p->reading->arena, s, &unused) : "a string";
    if (why)
        complain(p->reading, at_value(p->own, "url"), "\"url\" must be %s: %s", type_flake_url.doc,
                 why);
    p->url = s;
    return !why;
}

/* The URL that the specs which this one extends give the input. */
static bool take_inherited_url(struct pinning *p) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct reading *reading = reading_new(diagnostics);
    const struct spec *spec = load_spec(reading, p->path);
    for (size_t i = 0; spec && i < spec->inputs.n; i++)
        if (strcmp(spec->inputs.v[i].name.s, p->input) == 0)
            p->url = arena_copy(p->reading->arena, spec->inputs.v[i].url.s);
    diagnostics_print(diagnostics, stderr, command_color(STDERR_FILENO));
    diagnostics_free(diagnostics);
    reading_free(reading);
    return spec != NULL;
}

static bool read_spec(struct pinning *p) {
    p->document = load_document(p->reading, p->path);
    if (!p->document || diagnostics_count(p->reading->diagnostics) ||
        !take_object(p, p->document->root, "inputs", &p->inputs) ||
        !take_object(p, p->inputs, p->input, &p->own))
        return false;
    const json_t *root = p->document->root, *url = json_object_get(p->own, "url");
    if (url)
        return take_url(p, url);
    if (!p->own && json_array_size(json_object_get(root, "extends")) && !take_inherited_url(p))
        return false;
    if (!p->url)
        p->url = shipped_url(p->reading, p->input);
    if (!p->url)
        command_fail(EXIT_WRONG,
                     "no URL of %s is shipped: give it one, \"inputs\": {\"%s\": {\"url\": "
                     "\"github:OWNER/REPOSITORY\"}}",
                     p->input, p->input);
    return p->url != NULL;
}

/* -- what the clone says -- */

static enum exit_code read_clone(struct pinning *p) {
    if (!flake_url_parse(p->url, &p->parsed))
        die("%s is no flake's URL", p->url);
    const struct store_source source = {
        .folder = p->call->from,
        .revision = p->call->rev           ? p->call->rev
                    : p->parsed.ref_is_rev ? p->parsed.ref
                                           : NULL,
        .ref = p->parsed.ref,
        .owner = p->parsed.owner,
        .repo = p->parsed.repo,
    };
    enum exit_code code = store_exit(store_pin(&source, &p->pin));
    if (code != EXIT_DONE || !p->parsed.ref_is_rev || strcmp(p->pin.id.hex, p->parsed.ref) == 0)
        return code;
    complain(p->reading, at_value(p->own, "url"),
             "\"url\" names the commit itself; --rev %s is another one", p->call->rev);
    return EXIT_WRONG;
}

static enum exit_code check_time(const struct pinning *p) {
    if (p->pin.modified >= MODIFIED_MIN && p->pin.modified <= MODIFIED_MAX)
        return EXIT_DONE;
    return command_fail(EXIT_WRONG,
                        "commit %.10s is of %" PRId64 " seconds since 1970, which no spec "
                        "can say",
                        p->pin.id.hex, p->pin.modified);
}

/* -- what becomes of it -- */

static bool says(const struct pinning *p, size_t i) {
    const json_t *now = json_object_get(p->own, keys[i]);
    json_t *wanted = json_loads(p->values[i].data, JSON_DECODE_ANY, NULL);
    bool same = now && json_equal((json_t *)now, wanted);
    json_decref(wanted);
    return same;
}

static void decide(struct pinning *p) {
    buf_printf(&p->values[0], "\"%s\"", p->url);
    buf_printf(&p->values[1], "\"%s\"", p->pin.id.hex);
    buf_printf(&p->values[2], "\"%s\"", p->pin.hash);
    buf_printf(&p->values[3], "%" PRId64, p->pin.modified);
    for (size_t i = 0; i < KEYS; i++) {
        p->changes[i] = !says(p, i);
        p->changed = p->changed || p->changes[i];
    }
}

/* The user's file is at stake: what was edited must read as meant. */
static void must_say(const struct pinning *p, const struct buf *text) {
    json_t *wanted = json_deep_copy(p->document->root);
    json_t *got = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
    json_t *inputs = json_object_get(wanted, "inputs"), *own;
    if (!inputs)
        json_object_set_new(wanted, "inputs", inputs = json_object());
    if (!(own = json_object_get(inputs, p->input)))
        json_object_set_new(inputs, p->input, own = json_object());
    for (size_t i = 0; i < KEYS; i++)
        json_object_set_new(own, keys[i], json_loads(p->values[i].data, JSON_DECODE_ANY, NULL));
    bool same = got && json_equal(wanted, got);
    json_decref(wanted);
    json_decref(got);
    if (!same)
        die("the edited spec does not say what it should; %s is left as it is", p->path);
}

static enum exit_code write_spec(struct pinning *p) {
    BUF_CLEANUP struct buf text = {0};
    buf_add(&text, p->document->text, p->document->length);
    for (size_t i = 0; i < KEYS; i++) {
        const char *const path[] = {"inputs", p->input, keys[i]};
        if (p->changes[i])
            json_edit_set(&text, path, 3, p->values[i].data);
    }
    must_say(p, &text);
    const char *why =
        replace_file(p->path, p->document->text, p->document->length, text.data, text.len);
    return why ? command_fail(EXIT_FAILED, "can't write %s: %s", p->path, why) : EXIT_DONE;
}

/* -- what is said of it -- */

static void report_json(const struct pinning *p) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    jw_object(&j);
    jw_key(&j, "input");
    jw_name(&j, (struct name){p->input});
    jw_key(&j, "url");
    jw_text(&j, (struct text){p->url});
    jw_key(&j, "rev");
    jw_name(&j, (struct name){p->pin.id.hex});
    jw_key(&j, "narHash");
    jw_text(&j, (struct text){p->pin.hash});
    jw_key(&j, "lastModified");
    jw_uint(&j, (uint64_t)p->pin.modified);
    jw_key(&j, "changed");
    jw_bool(&j, p->changed);
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

static void report(const struct pinning *p) {
    struct date date = calendar_date((time_t)p->pin.modified);
    BUF_CLEANUP struct buf day = {0};
    buf_date(&day, date);
    if (!p->changed) {
        printf("%s: nothing changed (%.10s of %s)\n", p->input, p->pin.id.hex, day.data);
        return;
    }
    printf("%s: pinned to %.10s of %s in %s\n", p->input, p->pin.id.hex, day.data, p->path);
    for (size_t i = 0; i < KEYS; i++) {
        const json_t *before = json_object_get(p->own, keys[i]);
        char *was =
            before ? json_dumps(before, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
        if (p->changes[i])
            printf("  %s: %s%s%s\n", keys[i], was ? was : "", was ? " -> " : "", p->values[i].data);
        free_char(&was);
    }
}

static enum exit_code pin(struct pinning *p) {
    enum exit_code code = read_spec(p) ? read_clone(p) : EXIT_WRONG;
    if (code == EXIT_DONE)
        code = check_time(p);
    if (code != EXIT_DONE)
        return code;
    decide(p);
    if (p->changed)
        code = write_spec(p);
    if (code != EXIT_DONE)
        return code;
    if (p->call->json)
        report_json(p);
    else
        report(p);
    return EXIT_DONE;
}

enum exit_code run_pin(const struct call *call) {
    enum exit_code code = check_call(call);
    if (code != EXIT_DONE)
        return code;
    struct pinning p = {.call = call, .input = call->arguments[0], .path = call->arguments[1]};
    p.reading = reading_new(diagnostics_new());
    code = pin(&p);
    diagnostics_print(p.reading->diagnostics, stderr, command_color(STDERR_FILENO));
    for (size_t i = 0; i < KEYS; i++)
        buf_free(&p.values[i]);
    diagnostics_free(p.reading->diagnostics);
    reading_free(p.reading);
    return code;
}
