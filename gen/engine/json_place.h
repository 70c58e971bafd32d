/*
 * Where in a text of JSON (RFC 8259, and nothing more generous) a JSON pointer (RFC 6901) leads;
 * modules/proxy/json_place.py, in C. What some readers take for the same member is the same here:
 * one of that name before it or behind it, and names that differ in capitals alone.
 */
#ifndef JSON_PLACE_H
#define JSON_PLACE_H

#include "engine/bytes.h"

struct json_place {
    enum {
        PLACE_NONE,
        PLACE_STRING,
        PLACE_OTHER,     /* something that is no string */
        PLACE_AMBIGUOUS, /* more than one could be meant */
        PLACE_NO_JSON    /* or not in UTF-8, or nested deeper than 100 */
    } kind;
    struct bytes literal; /* of a string: with its quotes */
    struct bytes text;    /* and what it says, in the arena */
};

struct json_place json_place_find(struct arena *arena, struct bytes text, const char *pointer);

#endif
