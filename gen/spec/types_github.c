/* Repositories of GitHub: "owner/repo". */
#include "spec/spec.h"
#include "spec/types.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { OWNER_LONGEST = 39, NAME_LONGEST = 100 };

/* With an underscore too: a company's managed users have one in their names. */
static bool is_owner(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool joins = s[i] == '-' || s[i] == '_';
        if (!joins && !isalnum((unsigned char)s[i]))
            return false;
        if (joins && (i == 0 || i + 1 == n || s[i - 1] == '-' || s[i - 1] == '_'))
            return false;
    }
    return n > 0 && n <= OWNER_LONGEST;
}

static const char *name_wrong(const char *s) {
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("-._", s[i]))
            return "a repository's name has letters, digits, '-', '.' and '_' alone";
    if (n == 0 || n > NAME_LONGEST)
        return "a repository's name has 1 to 100 characters";
    if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
        return "no repository is called . or ..";
    if (n >= 4 && strcasecmp(s + n - 4, ".git") == 0)
        return "leave \".git\" out: the URL with it and the one without are both let through";
    return NULL;
}

static const char *parse_repository(struct arena *arena, const char *s, void *out) {
    const char *slash = strchr(s, '/');
    if (!slash)
        return "owner/repo";
    if (!is_owner(s, (size_t)(slash - s)))
        return "an owner has 1 to 39 letters and digits, with single dashes between them";
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return name_wrong(slash + 1);
}

static void write_repository(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

static bool repository_is_set(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

const struct type type_repository = {.doc = "a repository of GitHub",
                                     .kind = JSON_KIND_STRING,
                                     .size = sizeof(struct text),
                                     .parse = parse_repository,
                                     .write = write_repository,
                                     .is_set = repository_is_set,
                                     .pattern =
                                         "^[A-Za-z0-9]+([_-][A-Za-z0-9]+)*/[A-Za-z0-9._-]{1,100}$"};

/* No enum's: a rule of a host has none. */
static const char *parse_access(struct arena *arena, const char *s, void *out) {
    (void)arena;
    enum repository_access access = REPOSITORY_NONE;
    if (strcmp(s, "read") == 0)
        access = REPOSITORY_READ;
    else if (strcmp(s, "write") == 0)
        access = REPOSITORY_WRITE;
    memcpy(out, &access, sizeof access);
    return access ? NULL : "read or write";
}

static void write_access(struct json_writer *j, const void *value) {
    enum repository_access access;
    memcpy(&access, value, sizeof access);
    if (access == REPOSITORY_WRITE)
        jw_string(j, "write");
    else
        jw_string(j, "read");
}

static bool access_is_set(const void *value) {
    enum repository_access access;
    memcpy(&access, value, sizeof access);
    return access != REPOSITORY_NONE;
}

const struct type type_repository_access = {.doc = "what may be done with a repository",
                                            .kind = JSON_KIND_STRING,
                                            .size = sizeof(enum repository_access),
                                            .parse = parse_access,
                                            .write = write_access,
                                            .is_set = access_is_set,
                                            .pattern = "^(read|write)$"};
