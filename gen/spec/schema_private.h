/* How the rows of TABLE 1 are written: schema.c, and the files of single objects beside it. */
#ifndef SCHEMA_PRIVATE_H
#define SCHEMA_PRIVATE_H

#include "spec/schema.h"

#include <stddef.h>
#include <stdint.h>

/* The offset of a member, which compiles only when the member has the type that the row needs. */
#define AT(S, member, T) _Generic(((struct S *)0)->member, T : offsetof(struct S, member))

#define VALUE(S, key, member, T, value_type)                                                       \
    .name = key, .offset = AT(S, member, T), .type = &value_type
#define TEXT(S, key, member, value_type) VALUE(S, key, member, struct text, value_type)
#define NAME(S, key, member, value_type) VALUE(S, key, member, struct name, value_type)
#define INT(S, key, member, value_type) VALUE(S, key, member, int64_t, value_type)
#define WORD(S, key, member, T) VALUE(S, key, member, enum T, type_##T)
#define LIST_OF(S, key, member, T, value_type)                                                     \
    .name = key, .form = LIST, .offset = AT(S, member.v, T *), .item_size = sizeof(T),             \
    .type = &value_type
#define OBJECT(S, key, member, T, o) .name = key, .offset = AT(S, member, struct T), .object = &(o)
#define OBJECTS(S, key, member, T, o)                                                              \
    .name = key, .form = LIST, .offset = AT(S, member.v, struct T *),                              \
    .item_size = sizeof(struct T), .object = &(o)
#define MAP_OF(S, key, member, T, o, key_type)                                                     \
    .name = key, .form = MAP, .offset = AT(S, member.v, struct T *),                               \
    .item_size = sizeof(struct T), .object = &(o), .map_key = &key_type

#define OBJECT_TABLE(id, S, object_name, doc_text)                                                 \
    static const struct object id##_object = {object_name,                                         \
                                              id##_keys,                                           \
                                              sizeof id##_keys / sizeof *id##_keys,                \
                                              sizeof(struct S),                                    \
                                              AT(S, at, written),                                  \
                                              doc_text,                                            \
                                              NULL}

/* schema_grants.c */
extern const struct object grants_object;
/* schema_projects.c */
extern const struct object projects_object;
/* schema_login.c, and what it uses of schema.c */
extern const struct object inject_object, login_object;

#endif
