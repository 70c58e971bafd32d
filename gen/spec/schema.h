/*
 * TABLE 1: one row per key of the spec. It drives parsing, defaults, errors, the resolved spec,
 * the JSON Schema, the man page. To add a key: a member in spec.h, a row in schema.c, and what
 * uses it.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "base/words.h"
#include "spec/spec.h"
#include "spec/types.h"

enum form {
    ONE,  /* a value or an object */
    LIST, /* a JSON array: a set, sorted and without doubles */
    MAP,  /* a JSON object with free keys: a list of structs that begin with their key */
};

/* What an extending spec may still do to a key that its base has locked. */
enum tighten {
    TIGHTEN_NOT,   /* nothing: the value stays */
    TIGHTEN_LOWER, /* a smaller number */
    TIGHTEN_FIRST, /* the stricter word: the first of the type's words */
    TIGHTEN_MORE,  /* lists: more items; of all others nothing may be added, whatever their rows say
                    */
};

struct object;

struct key {
    const char *name;
    enum form form;
    const struct type *type;     /* of the value, of a list's items, of a map's values ... */
    const struct object *object; /* ... or this, when they are objects; LIST: or both, where an
                                  * item may be either: its struct begins with the value */
    const struct type *map_key;  /* MAP: of the keys */
    size_t offset;               /* of the member in the struct that the object fills */
    size_t item_size;            /* LIST and MAP: of one element */
    size_t value_offset;         /* MAP of values: where in an element the value stands */
    size_t at_offset;            /* MAP: of the member that says where the map is written, or 0 */
    int64_t min, max;            /* a number's range; a string's length in bytes (0: 1 to 4096) */
    const char *absent;          /* what a missing key means, as JSON; NULL: unset */
    const char *absent_words;    /* the same in words, when it is derived */
    bool required;
    enum tighten tighten;
    bool stricter;    /* of two, what tighten says is the stricter one holds, not the nearer; of
                         two lists, what is in both */
    bool keeps_empty; /* LIST: an empty one says something, and has a v */
    const char *doc;  /* one line, no full stop */
};

struct object {
    const char *name; /* in messages: "a rule" */
    const struct key *keys;
    size_t count;
    size_t size;
    size_t at; /* offset of the member `at`, or SIZE_MAX */
    const char *doc;
    /* Fills in what follows from other members, before lists look for doubles; NULL: nothing. */
    void (*finish)(void *value);
};

enum { STRING_MAX = 4096, LIST_MAX = 2000, MULTILINE_MAX = 1 << 20 };

extern const struct object spec_object;

/* The row of "limits" or "limits.memory"; NULL when there is none. Offers every dotted name to
 * nearest, when that is not NULL. */
const struct key *schema_find(const char *dotted, struct words_nearest *nearest);

/* Writes an item of a list as JSON. */
void schema_write_item(struct json_writer *j, const struct key *key, const void *item);

/* Writes a filled struct as JSON, defaults included, unset members left out. */
void schema_write(struct json_writer *j, const struct object *object, const void *value);

/* Whether the proxy reads what is said: https and http. Of tcp and tls it passes bytes on. */
bool scheme_is_read(enum scheme scheme);
const char *scheme_word(enum scheme scheme);

/* What lint calls it. */
const char *finding_word(enum finding_kind finding);

#endif
