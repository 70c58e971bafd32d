/* The types of keys that sign: a public one, and the file of a private one. */
#include "spec/public_key.h"
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

static const char *parse_public_key(struct arena *arena, const char *s, void *out) {
    if (strstr(s, "PRIVATE KEY"))
        return "this is a private one, and a spec is shared: nobody may use it any more";
    if (!public_key_parse(arena, s, out))
        return "one line of a .pub file of ssh-keygen: \"ssh-ed25519 AAAA...\"";
    return NULL;
}

static void write_public_key(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_public_key(&b, *(const struct public_key *)value);
    jw_inert(j, &b);
}

static bool public_key_is_set(const void *value) {
    return ((const struct public_key *)value)->n > 0;
}

const struct type type_public_key = {.doc = "a public key",
                                     .kind = JSON_KIND_STRING,
                                     .size = sizeof(struct public_key),
                                     .parse = parse_public_key,
                                     .write = write_public_key,
                                     .is_set = public_key_is_set,
                                     .pattern = "^[a-z0-9-]+(@openssh\\.com)? "
                                                "AAAA[A-Za-z0-9+/]+={0,2}( [A-Za-z0-9._@+:-]*)?$"};

/* Not below the spec: a key that lies in the repository would be everybody's. */
static const char *parse_key_path(struct arena *arena, const char *s, void *out) {
    struct path *path = arena_alloc(arena, sizeof *path);
    if (s[0] != '/' && strncmp(s, "~/", 2) != 0)
        return "\"/PATH\" or \"~/PATH\"";
    const char *why = type_path.parse(arena, s + (s[0] == '~'), path);
    if (why)
        return why;
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return NULL;
}

static void write_key_path(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

static bool key_path_is_set(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

const struct type type_key_path = {.doc = "the file of a key",
                                   .kind = JSON_KIND_STRING,
                                   .size = sizeof(struct text),
                                   .parse = parse_key_path,
                                   .write = write_key_path,
                                   .is_set = key_path_is_set,
                                   .pattern = "^~?(/[A-Za-z0-9._+@-]+)+$"};
