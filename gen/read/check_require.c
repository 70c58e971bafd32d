/* Checks of what a spec, or a base of it, requires of every rule. */
#include "base/buf.h"
#include "base/calendar.h"
#include "base/embedded.h"
#include "read/check.h"
#include "spec/schema.h"
#include "write/write_json.h"

#include <inttypes.h>
#include <string.h>

/* Both kinds of rules, as far as they are alike. */
struct answer {
    written at;
    struct text owner, reason;
    struct date expires;
    bool shipped;
};

/* As the resolved spec has it, which is taken where the one that it is of is. In the arena. */
static const char *as_resolved(struct arena *arena, const struct key *key,
                               const struct rule *rule) {
    struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    schema_write_item(&j, key, rule);
    jw_finish(&j);
    const char *kept = arena_copy_n(arena, text.data, text.len);
    buf_free(&text);
    return kept;
}

/* The rules of presets and shipped bases, which no spec can change: their texts are its keys. */
static json_t *shipped_rules(struct reading *reading, const struct key *key) {
    json_t *all = json_object(), *one;
    for (size_t i = 0, k; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        if (strncmp(file->path, "templates/agents/", 17) != 0 &&
            strncmp(file->path, "templates/logins/", 17) != 0 &&
            strncmp(file->path, "templates/bases/", 16) != 0)
            continue;
        json_t *root = json_loadb((const char *)file->data, file->length, 0, NULL);
        json_array_foreach(json_object_get(json_object_get(root, "network"), "rules"), k, one) {
            struct rule rule = {0};
            read_object(reading, key->object, one, &rule, READ_WHOLE);
            json_object_set_new(all, as_resolved(reading->arena, key, &rule), json_true());
        }
        json_decref(reading_keep(reading, root));
    }
    return all;
}

static void check_words(struct reading *reading, const struct spec *spec,
                        const struct answer *answer) {
    for (size_t i = 0; i < spec->require.rules.n; i++) {
        enum required what = spec->require.rules.v[i];
        const char *word = type_required.values[what];
        bool said = what == REQUIRED_OWNER    ? answer->owner.s != NULL
                    : what == REQUIRED_REASON ? answer->reason.s != NULL
                                              : answer->expires.year != 0 || answer->shipped;
        bool told = what == REQUIRED_EXPIRES && spec->require.lifetime;
        if (!said && !told && !is_written(answer->at, word))
            complain(reading, at_object(answer->at),
                     "this rule needs \"%s\": \"require\" at %s asks every rule for it", word,
                     written_place(reading, at_item(spec->require.at, "rules", word)));
    }
}

static void check_lifetime(struct reading *reading, const struct require *require,
                           const struct answer *answer) {
    time_t end = calendar_now() + (time_t)require->lifetime * 86400;
    struct date latest = calendar_date(end);
    if (!require->lifetime || answer->shipped)
        return;
    const char *place = written_place(reading, at_value(require->at, "lifetime"));
    if (!answer->expires.year && !is_written(answer->at, "expires"))
        complain(reading, at_object(answer->at),
                 "this rule needs \"expires\": by \"lifetime\" at %s a rule lasts %" PRId64
                 " days at most, today until %04u-%02u-%02u",
                 place, require->lifetime, (unsigned)latest.year, (unsigned)latest.month,
                 (unsigned)latest.day);
    else if (answer->expires.year && calendar_compare(answer->expires, latest) > 0)
        complain(reading, at_value(answer->at, "expires"),
                 "by \"lifetime\" at %s a rule lasts %" PRId64
                 " days at most, today until %04u-%02u-%02u",
                 place, require->lifetime, (unsigned)latest.year, (unsigned)latest.month,
                 (unsigned)latest.day);
}

static void check_one(struct reading *reading, const struct spec *spec,
                      const struct answer *answer) {
    check_words(reading, spec, answer);
    check_lifetime(reading, &spec->require, answer);
}

void check_required(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    if (!spec->require.rules.n && !spec->require.lifetime)
        return;
    const struct key *key = schema_find("network.rules", NULL);
    json_t *shipped = shipped_rules(reading, key);
    for (size_t i = 0; i < network->written_rules.n; i++) {
        const struct rule *rule = &network->written_rules.v[i];
        struct answer answer = {rule->at, rule->owner, rule->reason, rule->expires,
                                json_object_get(shipped, as_resolved(reading->arena, key, rule)) !=
                                    NULL};
        check_one(reading, spec, &answer);
    }
    for (size_t i = 0; i < network->mcp.n; i++) {
        const struct mcp_server *server = &network->mcp.v[i];
        struct answer answer = {server->at, server->owner, server->reason, server->expires, false};
        check_one(reading, spec, &answer);
    }
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        struct answer answer = {rule->at, rule->owner, rule->reason, rule->expires, false};
        check_one(reading, spec, &answer);
    }
    json_decref(shipped);
}
