/* The types of what a test asks. They stay text: what would become of it is the engine's to say. */
#include "spec/request_line.h"
#include "spec/spec.h"
#include "spec/types.h"

static const char *parse_request(struct arena *arena, const char *s, void *out) {
    struct request_line unused;
    const char *why = request_line_read(arena, s, &unused);
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return why;
}

static const char *parse_place(struct arena *arena, const char *s, void *out) {
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return request_place_wrong(s);
}

static void write_asked(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

static bool is_asked(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

const struct type type_request = {.doc = "a request",
                                  .kind = JSON_KIND_STRING,
                                  .size = sizeof(struct text),
                                  .parse = parse_request,
                                  .write = write_asked,
                                  .is_set = is_asked,
                                  .pattern =
                                      "^[A-Za-z-]+ (https?|wss?)://[^\\x20/?#@]+[^\\x20#]*$"};

const struct type type_place = {.doc = "a place",
                                .kind = JSON_KIND_STRING,
                                .size = sizeof(struct text),
                                .parse = parse_place,
                                .write = write_asked,
                                .is_set = is_asked,
                                .pattern = "^[A-Za-z0-9.-]+:[1-9][0-9]{0,4}$"};
