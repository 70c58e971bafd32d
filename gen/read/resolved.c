#include "read/resolved.h"

#include <stdio.h>
#include <string.h>

/* Neither is of use once nothing is extended: one names what was merged, the other a file that
 * editors look for beside the spec. */
static bool is_left_out(const struct object *object, const struct key *key) {
    return object == &spec_object &&
           (strcmp(key->name, "extends") == 0 || strcmp(key->name, "$schema") == 0);
}

/* -- as JSON -- */

static void write_object(struct json_writer *j, const struct object *object, const json_t *json);

static void write_scalar(struct json_writer *j, const json_t *json) {
    if (json_is_integer(json))
        jw_uint(j, (uint64_t)json_integer_value(json)); /* no key of a spec takes less than 0 */
    else if (json_is_string(json))
        jw_text(j, (struct text){json_string_value(json)});
    else
        jw_bool(j, json_is_true(json));
}

static void write_one(struct json_writer *j, const struct key *key, const json_t *json) {
    if (key->object)
        write_object(j, key->object, json);
    else
        write_scalar(j, json);
}

static void write_map(struct json_writer *j, const struct key *key, const json_t *json) {
    const char *name;
    json_t *value;
    jw_object(j);
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        jw_key_text(j, (struct text){name});
        write_one(j, key, value);
    }
    jw_end(j);
}

static void write_list(struct json_writer *j, const struct key *key, const json_t *json) {
    size_t i;
    json_t *item;
    jw_array(j);
    json_array_foreach(json, i, item) write_one(j, key, item);
    jw_end(j);
}

static void write_object(struct json_writer *j, const struct object *object, const json_t *json) {
    jw_object(j);
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        const json_t *value = json_object_get(json, key->name);
        if (!value || is_left_out(object, key))
            continue;
        jw_key_name(j, (struct name){key->name});
        if (key->form == MAP)
            write_map(j, key, value);
        else if (key->form == LIST)
            write_list(j, key, value);
        else
            write_one(j, key, value);
    }
    jw_end(j);
}

void resolved_write(const struct spec *spec, struct json_writer *j) {
    write_object(j, &spec_object, spec->at);
}

/* -- where it comes from -- */

const char *origin_layer(const struct reading *reading, const struct document *document) {
    if (document == reading->documents[0])
        return "spec";
    if (!document->folder)
        return strncmp(document->name, "preset ", strlen("preset ")) == 0 ? "preset" : "shipped";
    return document->kept ? "git" : "base";
}

struct walk {
    const struct reading *reading;
    void (*found)(const struct origin *, void *);
    void *context;
    struct arena *arena;
    const char *pointer;
    const char *locked_by;
    const struct document *document; /* the last one told of, and ... */
    size_t offset, line;             /* ... where: most values follow each other in one */
};

static const char *locking(const struct reading *reading, const char *dotted) {
    for (size_t i = 1; i < reading->document_count; i++) {
        const struct document *document = reading->documents[i];
        size_t k;
        json_t *name;
        json_array_foreach(json_object_get(document->root, "lock"), k, name) {
            if (strcmp(json_string_value(name), dotted) == 0)
                return document->name;
        }
    }
    return NULL;
}

/* The base, if one has it in its "lock"; of two names, "outer.inner". */
static const char *find_lock(const struct reading *reading, const char *outer, const char *inner) {
    char dotted[64]; /* schema_find() knows none that is longer */
    snprintf(dotted, sizeof dotted, "%s%s%s", outer, inner ? "." : "", inner ? inner : "");
    const char *by = locking(reading, dotted);
    bool are_rules = strcmp(dotted, "ssh.hosts") == 0 ||
                     strcmp(dotted, "network.mcp") == 0; /* see check_what_is_a_rule() */
    if (!by && are_rules)
        by = locking(reading, "network.rules");
    return !by && are_rules ? locking(reading, "network") : by;
}

static void place(struct walk *walk, struct aim aim, struct origin *origin) {
    size_t offset, span;
    origin->document = written_in(walk->reading, aim, &offset, &span);
    const char *text = origin->document->text;
    if (walk->document != origin->document || offset < walk->offset) {
        walk->document = origin->document;
        walk->offset = 0;
        walk->line = 1;
    }
    for (const char *p = text + walk->offset; p < text + offset; p++)
        walk->line += *p == '\n';
    walk->offset = offset;
    origin->line = walk->line;
    origin->column = document_column(origin->document, offset);
}

static void tell(struct walk *walk, struct aim aim, struct origin origin) {
    origin.pointer = walk->pointer;
    origin.locked_by = walk->locked_by;
    place(walk, aim, &origin);
    walk->found(&origin, walk->context);
}

/* RFC 6901, section 3. Returns what the pointer was. */
static const char *step(struct walk *walk, const char *name) {
    const char *before = walk->pointer;
    char *escaped = arena_alloc(walk->arena, 2 * strlen(name) + 1), *end = escaped;
    for (; *name; name++) {
        bool special = *name == '~' || *name == '/';
        *end++ = special ? '~' : *name;
        if (special)
            *end++ = *name == '~' ? '0' : '1';
    }
    walk->pointer = arena_printf(walk->arena, "%s/%s", before, escaped);
    return before;
}

static void walk_object(struct walk *walk, const struct object *object, const json_t *json,
                        const char *outer);

static void tell_item(struct walk *walk, const struct object *object, const json_t *item) {
    struct origin origin = {0};
    for (size_t i = 0; i < object->count && !origin.identity; i++) {
        origin.identical = json_object_get(item, object->keys[i].name);
        if (origin.identical)
            origin.identity = object->keys[i].name;
    }
    tell(walk, at_object(item), origin);
}

static void walk_list(struct walk *walk, const struct key *key, const json_t *holder,
                      const json_t *list) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        const char *before = walk->pointer;
        walk->pointer = arena_printf(walk->arena, "%s/%zu", before, i);
        char number[24];
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(item));
        if (key->object) {
            tell_item(walk, key->object, item);
            walk_object(walk, key->object, item, NULL);
        } else {
            const char *text = json_is_integer(item) ? number : json_string_value(item);
            tell(walk, at_item(holder, key->name, text), (struct origin){.value = item});
        }
        walk->pointer = before;
    }
}

static void walk_map(struct walk *walk, const struct key *key, const json_t *map) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, name, value) {
        const char *before = step(walk, name);
        if (key->object)
            walk_object(walk, key->object, value, NULL);
        else
            tell(walk, at_value(map, name), (struct origin){.value = value});
        walk->pointer = before;
    }
}

/* outer: the key that holds the object, where its own keys can be locked, too. */
static void walk_object(struct walk *walk, const struct object *object, const json_t *json,
                        const char *outer) {
    bool top = object == &spec_object;
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        const json_t *value = json_object_get(json, key->name);
        if (!value || is_left_out(object, key))
            continue;
        const char *before = step(walk, key->name);
        const char *locked_by = walk->locked_by;
        if (!locked_by && (top || outer))
            walk->locked_by =
                find_lock(walk->reading, top ? key->name : outer, top ? NULL : key->name);
        if (key->form == MAP)
            walk_map(walk, key, value);
        else if (key->form == LIST)
            walk_list(walk, key, json, value);
        else if (key->object)
            walk_object(walk, key->object, value, top ? key->name : NULL);
        else
            tell(walk, at_value(json, key->name), (struct origin){.value = value});
        walk->locked_by = locked_by;
        walk->pointer = before;
    }
}

void resolved_origins(const struct reading *reading, const struct spec *spec,
                      void (*found)(const struct origin *origin, void *context), void *context) {
    struct walk walk = {.reading = reading,
                        .found = found,
                        .context = context,
                        .arena = arena_new(),
                        .pointer = ""};
    walk_object(&walk, &spec_object, spec->at, NULL);
    arena_free(walk.arena);
}

/* -- the other way round -- */

static const char *find_below(struct arena *arena, const json_t *json, const json_t *wanted,
                              const char *pointer) {
    const char *found = json == wanted ? pointer : NULL, *name;
    json_t *value;
    size_t i;
    if (found)
        return found;
    if (json_is_array(json))
        json_array_foreach(json, i, value) {
            if (!found && (json_is_object(value) || json_is_array(value)))
                found = find_below(arena, value, wanted, arena_printf(arena, "%s/%zu", pointer, i));
        }
    else if (json_is_object(json))
        json_object_foreach((json_t *)(uintptr_t)json, name, value) {
            if (!found && (json_is_object(value) || json_is_array(value)))
                found =
                    find_below(arena, value, wanted, arena_printf(arena, "%s/%s", pointer, name));
        }
    return found;
}

const char *resolved_pointer(const struct spec *spec, written at, struct arena *arena) {
    return at ? find_below(arena, spec->at, at, "") : NULL;
}

const char *resolved_item(const struct spec *spec, written at, const char *key, const char *item,
                          struct arena *arena) {
    const char *holder = resolved_pointer(spec, at, arena);
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(at, key), i, value) {
        char number[24];
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (strcmp(json_is_string(value) ? json_string_value(value) : number, item) == 0)
            return arena_printf(arena, "%s/%s/%zu", holder ? holder : "", key, i);
    }
    return NULL;
}
