/*
 * A JSON text that jansson has taken, scanned for where its values stand: the grammar need not be
 * checked again.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>

/* One member of an object or one item of an array; key and key_end are NULL in an array. */
struct scan_member {
    const char *key, *key_end, *value, *end;
};

const char *scan_space(const char *p);

/* The string at p, unescaped by jansson; the caller frees it. */
char *scan_unescaped(const char *p, const char *end);

/* Steps through a container: *p stands behind its bracket or behind the last member. */
bool scan_next(const char **p, bool object, struct scan_member *m);

/* The member of that name in the object that begins at object. */
bool scan_find(const char *object, const char *key, struct scan_member *m);

#endif
