/* The types that point at something: a secret's place, a relaxation, a key that a base locks. */
#include "base/words.h"
#include "spec/schema.h"
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

#define WORD_AND_COMMA(id, word, may, meaning) word ", "
#define WORD_AND_BAR(id, word, may, meaning) word "|"

static const struct {
    const char *word;
    enum relax_what what;
} relaxations[] = {
#define ROW(id, word, may, meaning) {word, RELAX_##id},
    RELAXATIONS(ROW)
#undef ROW
};

/* Says of which part of KIND:VALUE the value's type complains. */
static const char *explain(struct arena *arena, const char *s, const char *why) {
    int n = (int)strcspn(s, ":") + 1;
    return why ? arena_printf(arena, "behind \"%.*s\", %s", n, s, why) : NULL;
}

static const char *parse_relax(struct arena *arena, const char *s, void *out) {
    struct relax *relax = out;
    for (size_t i = 0; i < sizeof relaxations / sizeof *relaxations; i++)
        if (strcmp(s, relaxations[i].word) == 0) {
            relax->what = relaxations[i].what;
            return NULL;
        }
    if (strncmp(s, "unix-socket:", 12) != 0)
        return RELAXATIONS(WORD_AND_COMMA) "or unix-socket:/PATH";
    relax->what = RELAX_UNIX_SOCKET;
    return explain(arena, s, type_path.parse(arena, s + 12, &relax->socket));
}

static void write_relax(struct json_writer *j, const void *value) {
    const struct relax *relax = value;
    BUF_CLEANUP struct buf b = {0};
    switch (relax->what) {
#define ROW(id, word, may, meaning)                                                                \
    case RELAX_##id:                                                                               \
        buf_lit(&b, word);                                                                         \
        break;
        RELAXATIONS(ROW)
#undef ROW
    case RELAX_UNIX_SOCKET:
        buf_lit(&b, "unix-socket:");
        buf_path(&b, relax->socket);
        break;
    }
    jw_inert(j, &b);
}

static bool always_set(const void *value) {
    (void)value;
    return true;
}

const struct type type_relax = {
    .doc = "a relaxation",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct relax),
    .parse = parse_relax,
    .write = write_relax,
    .is_set = always_set,
    .pattern = "^(" RELAXATIONS(WORD_AND_BAR) "unix-socket:(/[A-Za-z0-9._+@-]+)+)$"};

/* The longest name of a file (limits.h, NAME_MAX): systemd keeps a credential in one. */
static const char *parse_source_name(struct arena *arena, const char *s, struct source *source) {
    if (strlen(s) > 255)
        return "at most 255 characters";
    return type_word.parse(arena, s, &source->name);
}

/* No shell reads it: what one would read otherwise is none of these words. */
static const char *command_wrong(struct arena *arena, const char *s) {
    struct path program;
    size_t n = strcspn(s, " ");
    const char *why = type_path.parse(arena, arena_copy_n(arena, s, n), &program);
    if (why)
        return arena_printf(arena, "of the program: %s", why);
    for (const char *p = s; *p; p++) {
        if (*p == ' ' && (p[1] == ' ' || p[1] == '\0'))
            return "one blank stands between two words, and none at the end";
        if (*p < ' ' || *p > '~' || strchr("'\"\\`$", *p))
            return "words of visible ASCII as they are, without ' \" ` $ or a backslash: no shell "
                   "reads them";
    }
    return NULL;
}

static const char *parse_source(struct arena *arena, const char *s, void *out) {
    struct source *source = out;
    if (strncmp(s, "file:", 5) == 0) {
        source->kind = SOURCE_FILE;
        return explain(arena, s, type_path.parse(arena, s + 5, &source->path));
    }
    if (strncmp(s, "systemd:", 8) == 0) {
        source->kind = SOURCE_SYSTEMD;
        return explain(arena, s, parse_source_name(arena, s + 8, source));
    }
    if (strncmp(s, "keychain:", 9) == 0) {
        source->kind = SOURCE_KEYCHAIN;
        return explain(arena, s, parse_source_name(arena, s + 9, source));
    }
    if (strncmp(s, "command:", 8) == 0) {
        source->kind = SOURCE_COMMAND;
        source->spelled = (struct text){arena_copy(arena, s)};
        source->command = (struct text){source->spelled.s + 8};
        return explain(arena, s, command_wrong(arena, source->command.s));
    }
    return "a place, never the secret itself: file:/PATH, systemd:NAME, keychain:NAME or "
           "command:/PROGRAM WORD...";
}

static void write_source(struct json_writer *j, const void *value) {
    const struct source *source = value;
    BUF_CLEANUP struct buf b = {0};
    switch (source->kind) {
    case SOURCE_FILE:
        buf_lit(&b, "file:");
        buf_path(&b, source->path);
        break;
    case SOURCE_SYSTEMD:
        buf_lit(&b, "systemd:");
        buf_name(&b, source->name);
        break;
    case SOURCE_KEYCHAIN:
        buf_lit(&b, "keychain:");
        buf_name(&b, source->name);
        break;
    case SOURCE_COMMAND:
        jw_text(j, source->spelled);
        return;
    }
    jw_inert(j, &b);
}

static bool source_is_set(const void *value) {
    const struct source *source = value;
    return source->path.s || source->name.s || source->command.s;
}

const struct type type_source = {
    .doc = "a reference to a secret",
    .kind = JSON_KIND_STRING,
    .size = sizeof(struct source),
    .parse = parse_source,
    .write = write_source,
    .is_set = source_is_set,
    .pattern = "^(file:(/[A-Za-z0-9._+@-]+)+|(systemd|keychain):[A-Za-z0-9][A-Za-z0-9._-]*|"
               "command:(/[A-Za-z0-9._+@-]+)+( [!#%&(-\\[\\]^_a-~]+)*)$"};

/* "network.rules": a key of the schema, by its dotted name. */
static const char *parse_lock(struct arena *arena, const char *s, void *out) {
    struct words_nearest nearest = {.wanted = s};
    if (!schema_find(s, &nearest)) {
        if (nearest.best)
            return arena_printf(arena, "did you mean \"%s\"?", nearest.best);
        return "a key of the spec, like \"network.rules\" or \"limits\"";
    }
    *(struct name *)out = (struct name){arena_copy(arena, s)};
    return NULL;
}

static void write_lock(struct json_writer *j, const void *value) {
    jw_name(j, *(const struct name *)value);
}

static bool lock_is_set(const void *value) {
    return ((const struct name *)value)->s != NULL;
}

const struct type type_lock = {.doc = "a key that may be locked",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct name),
                               .parse = parse_lock,
                               .write = write_lock,
                               .is_set = lock_is_set,
                               .pattern = "^[a-z_]+(\\.[a-z_]+)?$"};
