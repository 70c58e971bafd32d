/* A file of grants. Each is a rule as a spec has it, and is read as one of policy.json. */
#include "engine/grants_private.h"
#include "engine/target.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_ID = 60, MOST_USES = 1000000 };
#define LONGEST_TIME INT64_C(100000000000)

/* 0: it is not there. */
static int64_t read_number(struct egress_reading *r, const json_t *item, const char *key,
                           const char *where, int64_t most) {
    const json_t *number = json_object_get(item, key);
    if (!number)
        return 0;
    if (!json_is_integer(number) || json_integer_value(number) < 1 ||
        json_integer_value(number) > most) {
        egress_wrong(r, egress_inside(r, where, key), "a number that is not too large");
        return 0;
    }
    return json_integer_value(number);
}

static const char *read_id(struct egress_reading *r, const json_t *item, const char *where) {
    const json_t *id = json_object_get(item, "id");
    const char *text = json_is_string(id) ? json_string_value(id) : "";
    if (!*text || strlen(text) > LONGEST_ID || !egress_all_of(text, "-", isalnum))
        egress_wrong(r, egress_inside(r, where, "id"), "letters, digits and -, at most %d",
                     LONGEST_ID);
    return arena_copy(r->arena, text);
}

static void set_copy(json_t *rule, const json_t *item, const char *key) {
    json_t *value = json_object_get(item, key);
    if (value)
        json_object_set(rule, key, value);
}

/* As policy.json would have it, with what is not said filled in. */
static json_t *as_rule(const json_t *item) {
    static const char *const same[] = {"host", "methods", "paths", "query", "owner", "reason"};
    json_t *rule = json_object();
    const json_t *scheme = json_object_get(item, "scheme");
    bool tls = !json_is_string(scheme) || strcmp(json_string_value(scheme), "http") != 0;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        set_copy(rule, item, same[i]);
    json_object_set_new(rule, "suffix", json_false());
    json_object_set_new(rule, "scheme", json_string(tls ? "https" : "http"));
    json_object_set_new(rule, "ports", json_pack("[i]", egress_usual_port(tls)));
    json_object_set_new(rule, "websocket", json_false());
    set_copy(rule, item, "scheme");
    set_copy(rule, item, "ports");
    set_copy(rule, item, "websocket");
    return rule;
}

static void read_one(struct egress_reading *r, const json_t *item, const char *where, size_t number,
                     bool refuses, struct grants_file *file) {
    struct grant *grant = &file->grants[number];
    struct egress_rule *rule = &file->rules.rules[number];
    if (!egress_object(r, item, where,
                       "id host methods paths owner|scheme ports query websocket reason until "
                       "boot_until uses"))
        return;
    grant->refuses = refuses;
    grant->id = read_id(r, item, where);
    grant->until = read_number(r, item, "until", where, LONGEST_TIME);
    grant->boot_until = read_number(r, item, "boot_until", where, LONGEST_TIME);
    grant->uses = read_number(r, item, "uses", where, MOST_USES);
    if (!grant->until && !grant->boot_until)
        egress_wrong(r, where, "until or boot_until is missing");
    if (refuses && grant->uses)
        egress_wrong(r, where, "a refusal has no uses");
    const char *wrong = r->wrong;
    json_t *made = as_rule(item);
    egress_read_rule(r, made, 0, rule);
    json_decref(made);
    if (r->wrong && !wrong) /* rules[0]... is what this one is called there */
        r->wrong = arena_printf(r->scratch, "%s%s", where, r->wrong + strlen("rules[0]"));
    else if (!r->wrong && rule->scheme != EGRESS_HTTPS && rule->scheme != EGRESS_HTTP)
        egress_wrong(r, egress_inside(r, where, "scheme"), "https or http");
    grant->owner = rule->owner;
}

static void read_list(struct egress_reading *r, const json_t *list, const char *key, bool refuses,
                      struct grants_file *file) {
    for (size_t i = 0; i < json_array_size(list) && !r->wrong; i++)
        read_one(r, json_array_get(list, i), egress_item(r, key, i), file->rules.rule_count++,
                 refuses, file);
}

static void read_top(struct egress_reading *r, const json_t *top, struct grants_file *file) {
    if (!egress_object(r, top, "the file", "version grants|refusals"))
        return;
    const json_t *version = json_object_get(top, "version");
    const json_t *grants = egress_list(r, json_object_get(top, "grants"), "grants");
    const json_t *refusals = json_object_get(top, "refusals");
    if (refusals)
        egress_list(r, refusals, "refusals");
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        egress_wrong(r, "version", "this proxy reads version 1");
    size_t n = json_array_size(grants) + json_array_size(refusals);
    if (n > GRANTS_MOST)
        egress_wrong(r, "the file", "%d grants and refusals at most", GRANTS_MOST);
    if (r->wrong)
        return;
    file->grants = arena_alloc(r->arena, (n + 1) * sizeof *file->grants);
    file->rules.rules = arena_alloc(r->arena, (n + 1) * sizeof *file->rules.rules);
    read_list(r, grants, "grants", false, file);
    read_list(r, refusals, "refusals", true, file);
}

const char *grants_parse(const char *text, size_t length, struct arena *scratch,
                         struct grants_file **out) {
    struct arena *arena = arena_new();
    struct grants_file *file = arena_alloc(arena, sizeof *file);
    struct egress_reading r = {arena, scratch, NULL};
    json_error_t error;
    json_t *top = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    file->arena = file->rules.arena = arena;
    if (top)
        read_top(&r, top, file);
    else
        r.wrong = "not valid JSON";
    json_decref(top);
    *out = r.wrong ? NULL : file;
    if (r.wrong)
        grants_file_free(file);
    return r.wrong;
}

void grants_file_free(struct grants_file *file) {
    if (!file)
        return;
    egress_drop_ceilings(&file->rules);
    arena_free(file->arena);
}

bool grants_file_names(const struct grants_file *file, const char *id) {
    for (size_t i = 0; file && i < file->rules.rule_count; i++)
        if (strcmp(file->grants[i].id, id) == 0)
            return true;
    return false;
}
