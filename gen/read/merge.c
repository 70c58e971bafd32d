#include "read/merge.h"
#include "base/die.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW_PAIRS = 1000,
    FEW_ITEMS = 8,
    SAME_TEXT = JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS
};

static bool has_item(const json_t *array, const json_t *item) {
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value) if (json_equal(value, (json_t *)item)) return true;
    return false;
}

/* What stands in the list, by its text: of two long ones, each with each would take too long. */
static json_t *set_of(const json_t *array) {
    json_t *set = json_object();
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value) {
        CHAR_CLEANUP char *text = json_dumps(value, SAME_TEXT);
        json_object_set_new(set, text, json_true());
    }
    return set;
}

static json_t *unite_lists(json_t *base, json_t *near) {
    json_t *result = json_copy(base), *value;
    bool are_long = json_array_size(near) > FEW_ITEMS &&
                    json_array_size(base) * json_array_size(near) > FEW_PAIRS;
    json_t *set = are_long ? set_of(base) : NULL;
    size_t i;
    json_array_foreach(near, i, value) {
        CHAR_CLEANUP char *text = set ? json_dumps(value, SAME_TEXT) : NULL;
        if (!(set ? json_object_get(set, text) != NULL : has_item(base, value)))
            json_array_append(result, value);
    }
    json_decref(set);
    return result;
}

static bool covers(struct reading *reading, const struct key *key, const json_t *one,
                   const json_t *other) {
    struct host_pattern a, b;
    if (key->type != &type_host_pattern)
        return json_equal((json_t *)(uintptr_t)one, (json_t *)(uintptr_t)other);
    return !key->type->parse(reading->arena, json_string_value(one), &a) &&
           !key->type->parse(reading->arena, json_string_value(other), &b) && host_covers(a, b);
}

static bool is_within(struct reading *reading, const struct key *key, const json_t *list,
                      const json_t *item) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (covers(reading, key, one, item)) return true;
    return false;
}

/* What both lists have: of each, what is within the other. */
static json_t *common_part(struct reading *reading, const struct key *key, json_t *base,
                           json_t *near) {
    json_t *result = json_array(), *item;
    size_t i;
    json_array_foreach(base, i, item) {
        if (is_within(reading, key, near, item))
            json_array_append(result, item);
    }
    json_array_foreach(near, i, item) {
        if (is_within(reading, key, base, item) && !has_item(result, item))
            json_array_append(result, item);
    }
    return result;
}

static json_t *unite_maps(struct reading *reading, json_t *base, json_t *near) {
    json_t *result = json_copy(base);
    json_object_update(result, near);
    reading_merged(reading, reading_keep(reading, result), near, base);
    return result;
}

static json_t *merge_key(struct reading *reading, const struct key *key, json_t *base,
                         json_t *near) {
    if (key->form == LIST)
        return key->stricter ? common_part(reading, key, base, near) : unite_lists(base, near);
    if (key->form == MAP)
        return unite_maps(reading, base, near);
    /* An injection is one choice: half of one and half of another would be neither. */
    if (key->object && strcmp(key->name, "inject") != 0)
        return merge(reading, key->object, base, near);
    return json_incref(near);
}

static bool lower(struct reading *reading, const struct type *type, const json_t *base,
                  const json_t *near) {
    int64_t a = json_integer_value(base), b = json_integer_value(near);
    if (type->kind == JSON_KIND_STRING) {
        type->parse(reading->arena, json_string_value(base), &a);
        type->parse(reading->arena, json_string_value(near), &b);
    }
    return b <= a;
}

static bool is_looser(struct reading *reading, const struct key *key, const json_t *base,
                      const json_t *near) {
    return key->stricter && key->form == ONE && base && near &&
           !lower(reading, key->type, base, near);
}

/* near, or a copy without what is less strict there than in base; the reading's. */
static json_t *without_looser(struct reading *reading, const struct object *object,
                              const json_t *base, json_t *near) {
    json_t *copy = NULL;
    for (size_t i = 0; i < object->count; i++) {
        const char *name = object->keys[i].name;
        if (!is_looser(reading, &object->keys[i], json_object_get(base, name),
                       json_object_get(near, name)))
            continue;
        if (!copy) {
            copy = json_copy(near);
            reading_merged(reading, reading_keep(reading, copy), near, NULL);
            json_decref(copy);
        }
        json_object_del(copy, name);
    }
    return copy ? copy : near;
}

json_t *merge(struct reading *reading, const struct object *object, json_t *base, json_t *near) {
    if (!base)
        return json_incref(near);
    json_t *result = json_object();
    near = without_looser(reading, object, base, near);
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        json_t *b = json_object_get(base, key->name), *n = json_object_get(near, key->name);
        if (b && n)
            json_object_set_new(result, key->name, merge_key(reading, key, b, n));
        else if (b || n)
            json_object_set(result, key->name, b ? b : n);
    }
    reading_merged(reading, reading_keep(reading, result), near, base);
    return result;
}

/* -- locks -- */

struct lock {
    struct reading *reading;
    const char *name; /* as the base wrote it */
    bool nearer;      /* what it is compared with is overridden where both say one value */
};

static void locked(const struct lock *lock, struct aim aim, const char *what) {
    complain(lock->reading, aim, "a base locks \"%s\": %s", lock->name, what);
}

/* By what it says, not by its number: a list that is merged has others. */
static struct aim aim_at(struct reading *reading, const json_t *holder, const char *key,
                         const json_t *item) {
    if (json_is_object(item))
        return at_object(item);
    if (json_is_string(item))
        return at_item(holder, key, json_string_value(item));
    return at_item(holder, key,
                   arena_printf(reading->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(item)));
}

static void check_list_lock(const struct lock *lock, const char *key, const json_t *holder,
                            const json_t *base, const json_t *near, const char *what) {
    bool are_long = json_array_size(near) > FEW_ITEMS &&
                    json_array_size(base) * json_array_size(near) > FEW_PAIRS;
    json_t *set = are_long ? set_of(base) : NULL, *value;
    size_t i;
    json_array_foreach(near, i, value) {
        CHAR_CLEANUP char *text = set ? json_dumps(value, SAME_TEXT) : NULL;
        if (!(set ? json_object_get(set, text) != NULL : has_item(base, value)))
            locked(lock, aim_at(lock->reading, holder, key, value), what);
    }
    json_decref(set);
}

static void check_map_lock(const struct lock *lock, const json_t *base, const json_t *near) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)near, name, value) {
        json_t *before = json_object_get(base, name);
        if (!before || !json_equal(before, value))
            locked(lock, at_key(near, name), "nothing may be added to it or changed in it");
    }
}

static size_t word_index(const struct type *type, const json_t *json) {
    size_t i = 0;
    while (type->values[i] && strcmp(type->values[i], json_string_value(json)) != 0)
        i++;
    return i;
}

static void check_value_lock(const struct lock *lock, const struct key *key, const json_t *holder,
                             const json_t *base, const json_t *near) {
    struct aim aim = at_value(holder, key->name);
    if (base && json_equal((json_t *)base, (json_t *)near))
        return;
    if (key->tighten == TIGHTEN_LOWER) {
        if (base && !lower(lock->reading, key->type, base, near))
            locked(lock, aim, "it may only be lowered");
    } else if (key->tighten == TIGHTEN_FIRST) {
        if (word_index(key->type, near) > (base ? word_index(key->type, base) : 0))
            locked(lock, aim, "it may only become stricter");
    } else {
        locked(lock, aim, "it may not be changed");
    }
}

static void check_lock(const struct lock *lock, const struct key *key, const json_t *holder,
                       const json_t *base, const json_t *near) {
    bool never_wider = key->form == LIST && key->stricter;    /* locked or not */
    if (!near || key->tighten == TIGHTEN_MORE || never_wider) /* merging takes nothing away */
        return;
    if (key->form == LIST) {
        check_list_lock(lock, key->name, holder, base, near, "nothing may be added to it");
    } else if (key->form == MAP) {
        check_map_lock(lock, base, near);
    } else if (key->object) {
        for (size_t i = 0; i < key->object->count; i++) {
            const struct key *inner = &key->object->keys[i];
            check_lock(lock, inner, near, json_object_get(base, inner->name),
                       json_object_get(near, inner->name));
        }
    } else if (!lock->nearer || !base) {
        check_value_lock(lock, key, holder, base, near);
    }
}

static void check_as_rules(const struct lock *lock, const char *outer, const char *name,
                           const json_t *base, const json_t *near, const char *why) {
    const json_t *holder = json_object_get(near, outer);
    check_list_lock(lock, name, holder, json_object_get(json_object_get(base, outer), name),
                    json_object_get(holder, name), why);
}

/* A host of ssh is the rule that lets it through, too, and so is an MCP server. */
static void check_what_is_a_rule(const struct lock *lock, const json_t *base, const json_t *near) {
    bool rules = strcmp(lock->name, "network.rules") == 0;
    if (rules || strcmp(lock->name, "network") == 0)
        check_as_rules(lock, "ssh", "hosts", base, near,
                       "a host of ssh is a rule, and none may be added");
    if (rules)
        check_as_rules(lock, "network", "mcp", base, near,
                       "an MCP server is a rule, and none may be added");
}

static void check(struct reading *reading, const json_t *base, const json_t *near, bool nearer) {
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(base, "lock"), i, value) {
        struct lock lock = {reading, json_string_value(value), nearer};
        const struct key *key = schema_find(lock.name, NULL);
        const char *dot = strchr(lock.name, '.');
        const json_t *base_holder = base, *near_holder = near;
        if (dot) {
            char *outer = arena_copy_n(reading->arena, lock.name, (size_t)(dot - lock.name));
            base_holder = json_object_get(base, outer);
            near_holder = json_object_get(near, outer);
        }
        check_lock(&lock, key, near_holder, json_object_get(base_holder, key->name),
                   json_object_get(near_holder, key->name));
        check_what_is_a_rule(&lock, base, near);
    }
}

void check_locks(struct reading *reading, const json_t *base, const json_t *near) {
    check(reading, base, near, false);
}

void check_locks_behind(struct reading *reading, const json_t *base, const json_t *behind) {
    check(reading, base, behind, true);
}

/* -- what may only become stricter, locked or not -- */

static void check_list_stricter(struct reading *reading, const struct key *key, const json_t *base,
                                const json_t *near_holder) {
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(near_holder, key->name), i, item) {
        if (!is_within(reading, key, base, item))
            complain(reading, aim_at(reading, near_holder, key->name, item),
                     "a base leaves no room for \"%s\" in \"%s\", and that may only become less",
                     json_string_value(item), key->name);
    }
}

void check_stricter(struct reading *reading, const struct object *object, const json_t *base,
                    const json_t *near) {
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        const json_t *b = json_object_get(base, key->name), *n = json_object_get(near, key->name);
        if (b && n && key->form == LIST && key->stricter)
            check_list_stricter(reading, key, b, near);
        if (key->form != ONE || !b || !n)
            continue;
        if (key->object)
            check_stricter(reading, key->object, b, n);
        else if (is_looser(reading, key, b, n))
            complain(reading, at_value(near, key->name),
                     "a base says \"%s\" here, and that may only become less",
                     json_string_value(b));
    }
}
