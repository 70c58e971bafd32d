/* Checks of what a spec, or a base of it, requires of every rule. */
#include "base/calendar.h"
#include "base/embedded.h"
#include "read/check.h"

#include <inttypes.h>
#include <string.h>

/* Both kinds of rules, as far as they are alike. */
struct answer {
    written at;
    struct text owner, reason;
    struct date expires;
    bool shipped;
};

/* The rules of presets and shipped bases, which no spec can change: word by word, so that a
 * resolved spec is taken where the one that it is of is. */
static json_t *shipped_rules(void) {
    json_t *all = json_array();
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        if (strncmp(file->path, "templates/agents/", 17) != 0 &&
            strncmp(file->path, "templates/logins/", 17) != 0 &&
            strncmp(file->path, "templates/bases/", 16) != 0)
            continue;
        json_t *root = json_loadb((const char *)file->data, file->length, 0, NULL);
        json_array_extend(all, json_object_get(json_object_get(root, "network"), "rules"));
        json_decref(root);
    }
    return all;
}

static bool is_one_of(const json_t *rules, written at) {
    size_t i;
    json_t *rule;
    json_array_foreach(rules, i, rule) if (json_equal(rule, (json_t *)(uintptr_t)at)) return true;
    return false;
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
    json_t *shipped = shipped_rules();
    for (size_t i = 0; i < network->written_rules.n; i++) {
        const struct rule *rule = &network->written_rules.v[i];
        struct answer answer = {rule->at, rule->owner, rule->reason, rule->expires,
                                is_one_of(shipped, rule->at)};
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
