/* What the types of texts have in common: one is kept as it was written. */
#ifndef TYPES_PRIVATE_H
#define TYPES_PRIVATE_H

#include "base/arena.h"
#include "spec/types.h"
#include "write/write_json.h"

/* Each as struct type (spec/schema.h) has it. */
const char *text_keep(struct arena *arena, const char *s, void *out);
void text_write(struct json_writer *j, const void *value);
bool text_is_set(const void *value);

#define TEXT_TYPE(id, doc_text, parser, regex)                                                     \
    const struct type id = {.doc = doc_text,                                                       \
                            .kind = JSON_KIND_STRING,                                              \
                            .size = sizeof(struct text),                                           \
                            .parse = parser,                                                       \
                            .write = text_write,                                                   \
                            .is_set = text_is_set,                                                 \
                            .pattern = regex}

#endif
