#include "read/load.h"
#include "base/die.h"
#include "base/embedded.h"
#include "base/whole_file.h"
#include "read/check.h"
#include "read/defaults.h"
#include "read/load_private.h"
#include "read/merge.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PRESET_FOLDER "templates/agents/"
#define LOGIN_FOLDER "templates/logins/"
#define PRESET_ENDING ".json"
#define BASE_FOLDER "templates/bases/"
#define SHIPPED "shipped:"

/* -- presets -- */

static const char *name_below(struct reading *reading, const char *below, size_t index) {
    const size_t folder = strlen(below), ending = strlen(PRESET_ENDING);
    for (size_t i = 0; i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, below, folder) == 0 && index-- == 0)
            return arena_copy_n(reading->arena, path + folder, strlen(path) - folder - ending);
    }
    return NULL;
}

const char *preset_name(struct reading *reading, size_t index) {
    return name_below(reading, PRESET_FOLDER, index);
}

const char *login_preset_name(struct reading *reading, size_t index) {
    return name_below(reading, LOGIN_FOLDER, index);
}

static struct document *find_document(struct reading *reading, const char *name) {
    for (size_t i = 0; i < reading->document_count; i++)
        if (strcmp(reading->documents[i]->name, name) == 0)
            return reading->documents[i];
    return NULL;
}

/* A document that this program ships; NULL when there is none. */
static json_t *read_shipped(struct reading *reading, const char *name, const char *path) {
    struct document *document = find_document(reading, name);
    if (document)
        return document->root;
    const struct embedded *file = embedded_find(path);
    if (!file)
        return NULL;
    char *text = must_alloc(file->length + 1);
    memcpy(text, file->data, file->length);
    document = reading_add(reading, name, text, file->length);
    if (!document)
        return NULL;
    read_object(reading, &spec_object, document->root,
                arena_alloc(reading->arena, spec_object.size), READ_PART);
    return document->root;
}

json_t *load_preset(struct reading *reading, const char *agent) {
    const char *name = arena_printf(reading->arena, "preset %s", agent);
    bool is_new = !find_document(reading, name);
    json_t *preset = read_shipped(
        reading, name, arena_printf(reading->arena, PRESET_FOLDER "%s" PRESET_ENDING, agent));
    if (is_new && preset)
        load_fill_instructions(preset);
    return preset;
}

json_t *load_login(struct reading *reading, const char *login) {
    const char *name = arena_printf(reading->arena, "preset login %s", login);
    return read_shipped(reading, name,
                        arena_printf(reading->arena, LOGIN_FOLDER "%s" PRESET_ENDING, login));
}

json_t *load_shipped_base(struct reading *reading, struct aim aim, const char *base) {
    const char *name = arena_printf(reading->arena, SHIPPED "%s", base);
    json_t *root = read_shipped(reading, name,
                                arena_printf(reading->arena, BASE_FOLDER "%s" PRESET_ENDING, base));
    const size_t folder = strlen(BASE_FOLDER), ending = strlen(PRESET_ENDING);
    const char *known = "";
    for (size_t i = 0; !root && i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, BASE_FOLDER, folder) == 0)
            known = arena_printf(reading->arena, "%s%s" SHIPPED "%.*s", known, *known ? ", " : "",
                                 (int)(strlen(path) - folder - ending), path + folder);
    }
    if (!root)
        complain(reading, aim, "no base \"%s\" is shipped; there are: %s", base, known);
    return json_incref(root);
}

static void check_name(struct reading *reading, struct aim aim, const char *what,
                       const char *wanted,
                       const char *(*name_of)(struct reading *reading, size_t index)) {
    struct words_nearest nearest = {.wanted = wanted};
    const char *known = "", *name;
    bool found = false;
    for (size_t k = 0; (name = name_of(reading, k)); k++) {
        found = found || strcmp(name, wanted) == 0;
        words_offer(&nearest, name);
        known = arena_printf(reading->arena, "%s%s%s", known, k ? ", " : "", name);
    }
    if (!found && nearest.best)
        complain(reading, aim, "no %s is called \"%s\"; did you mean \"%s\"?", what, wanted,
                 nearest.best);
    else if (!found)
        complain(reading, aim, "no %s is called \"%s\"; there are: %s", what, wanted, known);
}

void load_check_presets(struct reading *reading, const json_t *root) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(root, "agents"), i, item) check_name(
        reading, (struct aim){.object = root, .key = "agents", .part = AIM_INDEX, .index = i},
        "preset", json_string_value(item), preset_name);
    json_array_foreach(json_object_get(root, "logins"), i, item) if (json_is_string(item))
        check_name(reading,
                   (struct aim){.object = root, .key = "logins", .part = AIM_INDEX, .index = i},
                   "preset of a login", json_string_value(item), login_preset_name);
}

/* base with a preset on top; base is taken over. */
static json_t *with_preset(struct reading *reading, json_t *base, json_t *preset) {
    json_t *next = preset ? merge(reading, &spec_object, base, preset) : json_incref(base);
    json_decref(base);
    return next;
}

/* What names stood for has come out of their presets. */
static void drop_login_names(json_t *whole) {
    json_t *logins = json_object_get(whole, "logins"), *item, *kept = json_array();
    size_t i;
    json_array_foreach(logins, i, item) if (!json_is_string(item)) json_array_append(kept, item);
    if (json_array_size(kept) < json_array_size(logins))
        json_object_set(whole, "logins", kept);
    json_decref(kept);
}

/* A preset may stand on others, as an editor's adapter does on its agent's. Ours know no circle. */
static json_t *with_agents(struct reading *reading, json_t *base, const json_t *of, bool silent) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(of, "agents"), i, item) {
        json_t *preset = json_incref(load_preset(reading, json_string_value(item)));
        base = with_agents(reading, base, preset, silent);
        if (preset && silent) {
            json_t *less = load_without_instructions(reading, preset);
            json_decref(preset);
            preset = less;
        }
        base = with_preset(reading, base, preset);
        json_decref(preset);
    }
    return base;
}

json_t *load_with_presets(struct reading *reading, json_t *root) {
    json_t *item;
    size_t i;
    bool silent = json_is_false(json_object_get(root, "instructions"));
    json_t *base = with_agents(reading, NULL, root, silent);
    json_array_foreach(json_object_get(root, "logins"), i, item) if (json_is_string(item)) base =
        with_preset(reading, base, load_login(reading, json_string_value(item)));
    json_t *result = merge(reading, &spec_object, base, root);
    if (base)
        drop_login_names(result);
    json_decref(base);
    return result;
}

/* -- files -- */

char *load_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return must_copy(".");
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    char *folder = must_alloc(n + 1);
    memcpy(folder, path, n);
    return folder;
}

const char *load_why_not(const char *path, bool *executable) {
    struct stat st;
    if (stat(path, &st) < 0)
        return strerror(errno);
    *executable = st.st_mode & S_IXUSR;
    if (S_ISDIR(st.st_mode))
        return "it is a folder";
    return S_ISREG(st.st_mode) ? NULL : "it is not a plain file";
}

struct document *load_document(struct reading *reading, const char *path) {
    char *text = NULL;
    size_t length = 0;
    bool input = strcmp(path, "-") == 0;
    reading_note(reading, path);
    const char *why = read_whole_file(input ? "/dev/stdin" : path, DOCUMENT_MAX, &text, &length);
    if (why) {
        bool large = strcmp(why, "it is too large") == 0;
        diagnostics_add_file(reading->diagnostics, path, "%s%s", why,
                             large ? ": a spec has at most 1 MiB" : "");
        return NULL;
    }
    struct document *document = reading_add(reading, input ? "standard input" : path, text, length);
    if (document)
        document->folder = load_folder_of(path);
    return document;
}

/* Mistakes that both passes find are told once; what lies between keys is checked as far as the
 * keys could be read. */
static void read_all_diagnostics(struct reading *reading) {
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    struct document *top = reading->document_count ? reading->documents[0] : NULL;
    if (!top || !json_is_object(top->root))
        return;
    bool alone = json_array_size(json_object_get(top->root, "extends")) == 0;
    read_object(reading, &spec_object, top->root, spec, alone ? READ_WHOLE : READ_PART);
    fill_defaults(reading, spec);
    check_spec(reading, spec);
}

enum load_as {
    LOAD_WHOLE,
    LOAD_PART,       /* with what only a whole spec must have, where it has not */
    LOAD_OLDER,      /* without what holds between keys */
    LOAD_OLDER_PART, /* both */
};

/* A spec that others extend has no name. */
static void make_whole(json_t *spec) {
    if (!json_object_get(spec, "version"))
        json_object_set_new(spec, "version", json_integer(1));
    if (!json_object_get(spec, "name"))
        json_object_set_new(spec, "name", json_string("base"));
}

/* chain: taken over. */
static const struct spec *load(struct reading *reading, json_t *chain, enum load_as as) {
    if (diagnostics_count(reading->diagnostics)) {
        json_decref(chain);
        read_all_diagnostics(reading);
        return NULL;
    }
    json_t *whole = load_with_presets(reading, chain);
    json_decref(chain);
    reading_keep(reading, whole);
    json_decref(whole);
    struct spec *spec = reading->whole ? reading->whole : arena_alloc(reading->arena, sizeof *spec);
    if (as == LOAD_PART || as == LOAD_OLDER_PART)
        make_whole(whole);
    if (as == LOAD_WHOLE || as == LOAD_PART)
        load_check_signed(reading);
    if (diagnostics_count(reading->diagnostics) == 0 && !reading->whole)
        read_object(reading, &spec_object, whole, spec, READ_WHOLE);
    if (diagnostics_count(reading->diagnostics) == 0) {
        fill_defaults(reading, spec);
        if (as == LOAD_WHOLE)
            check_spec(reading, spec);
    }
    return diagnostics_count(reading->diagnostics) == 0 ? spec : NULL;
}

const struct spec *load_spec(struct reading *reading, const char *path) {
    return load(reading, load_chain(reading, path, NULL), LOAD_WHOLE);
}

const struct spec *load_older_spec(struct reading *reading, const char *path) {
    return load(reading, load_chain(reading, path, NULL), LOAD_OLDER);
}

const struct spec *load_older_part(struct reading *reading, const char *path) {
    return load(reading, load_chain(reading, path, NULL), LOAD_OLDER_PART);
}

static struct document *add_copy(struct reading *reading, const char *name, const char *text,
                                 size_t length) {
    char *copy = must_alloc(length + 1);
    memcpy(copy, text, length);
    return reading_add(reading, name, copy, length);
}

const struct spec *load_spec_text(struct reading *reading, const char *name, const char *text,
                                  size_t length) {
    struct document *document = add_copy(reading, name, text, length);
    return load(reading,
                document ? load_on_its_bases(reading, document, (struct chain){0}, 0) : NULL,
                LOAD_WHOLE);
}

const struct spec *load_edited(struct reading *reading, const char *path, const char *text,
                               size_t length) {
    struct document *document = add_copy(reading, path, text, length);
    CHAR_CLEANUP char *real_path = realpath(path, NULL);
    if (document)
        document->folder = load_folder_of(path);
    json_t *chain =
        document ? load_on_its_bases(reading, document, (struct chain){.real_path = real_path}, 0)
                 : NULL;
    bool whole = json_object_get(chain, "name");
    return load(reading, chain, whole ? LOAD_WHOLE : LOAD_PART);
}
