/* A credential of policy.json. The grammars are those of the spec (gen/spec/types_*.c), which a
 * test compares with these. */
#include "engine/egress_private.h"
#include "spec/vocabulary.h"

#include <ctype.h>
#include <string.h>

enum {
    LONGEST_NAME = 60,
    LONGEST_SOURCE = 255,
    LONGEST_SLOT = 100,
    LONGEST_POINTER = 200,
    SHORTEST_PLACEHOLDER = 8,
    LONGEST_PLACEHOLDER = 500
};

void egress_read_source(struct egress_reading *r, const json_t *item, const char *where,
                        struct egress_credential *credential) {
    static const char *const values[] = {"path", "name", "name", "command"};
    where = egress_inside(r, where, "source");
    int kind = egress_one_of(r, json_object_get(item, "kind"), "file, systemd, keychain, command",
                             egress_inside(r, where, "kind"));
    const char *key = values[kind], *at = egress_inside(r, where, key);
    const json_t *value = json_object_get(item, key);
    if (r->wrong || !egress_object(r, item, where, arena_printf(r->scratch, "kind %s|", key)))
        return;
    credential->source = kind == 0   ? EGRESS_FILE
                         : kind == 1 ? EGRESS_SYSTEMD
                         : kind == 2 ? EGRESS_KEYCHAIN
                                     : EGRESS_COMMAND;
    if (kind == 1 || kind == 2) {
        credential->source_name = egress_word(r, value, at, LONGEST_SOURCE);
        return;
    }
    credential->source_name = egress_text(r, value, at);
    if (credential->source_name[0] != '/')
        egress_wrong(r, at, kind ? "an absolute path first" : "an absolute path");
}

static bool is_header(const char *s) {
    return isalpha((unsigned char)s[0]) && strlen(s) <= LONGEST_SLOT &&
           egress_all_of(s, "_-", isalnum) && !header_is_taken(s);
}

static bool is_user(const char *s) {
    return isalnum((unsigned char)s[0]) && strlen(s) <= LONGEST_SLOT &&
           egress_all_of(s, "._@+-", isalnum);
}

const char *egress_basic_user(struct egress_reading *r, const json_t *item, const char *where) {
    const char *user = egress_text(r, item, where);
    if (!r->wrong && !is_user(user))
        egress_wrong(r, where, "not a user of Basic");
    return user;
}

/* RFC 9110, sections 5.6.2 and 11.1; those that have slots of their own are none. */
static bool is_scheme(const char *s) {
    return strlen(s) <= LONGEST_SLOT && egress_all_of(s, "!#$%&'*+-.^_`|~", isalnum) &&
           !bytes_are(bytes_of(s), "bearer") && !bytes_are(bytes_of(s), "basic");
}

/* RFC 6901, section 3; never the whole document. */
static bool is_pointer(const char *s) {
    if (s[0] != '/' || strlen(s) > LONGEST_POINTER)
        return false;
    while ((s = strchr(s, '~')))
        if (*++s != '0' && *s != '1')
            return false;
    return true;
}

void egress_read_slot(struct egress_reading *r, const json_t *item, const char *where,
                      struct egress_credential *credential) {
    where = egress_inside(r, where, "inject");
    if (!json_is_object(item) || json_object_size(item) != 1) {
        egress_wrong(r, where,
                     "exactly one of header, bearer, basic, query, authorization, path, aws, json");
        return;
    }
    void *only = json_object_iter((json_t *)(uintptr_t)item);
    const char *kind = json_object_iter_key(only);
    const json_t *value = json_object_iter_value(only);
    bool bearer = strcmp(kind, "bearer") == 0, path = strcmp(kind, "path") == 0;
    bool aws = strcmp(kind, "aws") == 0;
    credential->slot_name = "";
    if ((bearer || path || aws) && json_is_true(value)) {
        credential->slot = bearer ? SLOT_BEARER : path ? SLOT_PATH : SLOT_AWS;
        return;
    }
    const char *text = egress_text(r, value, egress_inside(r, where, kind));
    credential->slot_name = text;
    if (strcmp(kind, "header") == 0 && is_header(text)) {
        credential->slot = SLOT_HEADER;
        credential->slot_name = egress_lower(r->arena, text);
    } else if (strcmp(kind, "basic") == 0 && is_user(text)) {
        credential->slot = SLOT_BASIC;
    } else if (strcmp(kind, "query") == 0) {
        credential->slot = SLOT_QUERY;
        egress_word(r, value, egress_inside(r, where, "query"), LONGEST_SLOT);
    } else if (strcmp(kind, "json") == 0 && is_pointer(text)) {
        credential->slot = SLOT_JSON;
    } else if (strcmp(kind, "authorization") == 0 && is_scheme(text)) {
        credential->slot = SLOT_AUTHORIZATION;
    } else {
        egress_wrong(r, where, "not a place that can carry a secret");
    }
}

static void read_placeholder(struct egress_reading *r, const json_t *item, const char *where,
                             struct egress_credential *credential) {
    credential->placeholder = egress_optional(r, item, "placeholder", where);
    if (!credential->placeholder)
        return;
    size_t n = strlen(credential->placeholder);
    if (n < SHORTEST_PLACEHOLDER || n > LONGEST_PLACEHOLDER ||
        !egress_all_of(credential->placeholder, "", isgraph))
        egress_wrong(r, egress_inside(r, where, "placeholder"),
                     "8 to 500 visible ASCII characters");
}

void egress_read_goes_to(struct egress_reading *r, const json_t *item, const char *where,
                         struct egress_credential *credential) {
    size_t i;
    json_t *path;
    credential->paths = egress_read_texts(r, item, "paths", where, egress_read_path);
    if (r->wrong)
        return;
    json_array_foreach(json_object_get(item, "paths"), i, path) credential->path_list =
        i ? arena_printf(r->arena, "%s, %s", credential->path_list, json_string_value(path))
          : arena_copy(r->arena, json_string_value(path));
}

/* A slot in what the agent wrote is there only where its placeholder is. */
static void check_asking(struct egress_reading *r, const char *where,
                         struct egress_credential *credential) {
    const char *placeholder = credential->placeholder;
    credential->ask =
        credential->ask || credential->slot == SLOT_PATH || credential->slot == SLOT_AWS;
    if (credential->ask && !placeholder)
        egress_wrong(r, egress_inside(r, where, "placeholder"), "it is what asks for the secret");
    if (credential->slot == SLOT_PATH && placeholder &&
        !egress_all_of(placeholder, "-._~:@", isalnum))
        egress_wrong(r, egress_inside(r, where, "placeholder"),
                     "in a path only letters, digits and - . _ ~ : @");
    if (credential->slot == SLOT_AWS && placeholder && !egress_all_of(placeholder, "-._", isalnum))
        egress_wrong(r, egress_inside(r, where, "placeholder"),
                     "as the id of a key only letters, digits and - . _");
}

void egress_read_hosts(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_credential *credential) {
    const char *at = egress_inside(r, where, "hosts");
    const json_t *hosts = egress_list(r, json_object_get(item, "hosts"), at);
    credential->host_count = json_array_size(hosts);
    credential->hosts =
        arena_alloc(r->arena, (credential->host_count + 1) * sizeof *credential->hosts);
    for (size_t i = 0; i < credential->host_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(hosts, i), at, "host suffix|"))
            credential->hosts[i] = egress_read_host(r, json_array_get(hosts, i), where);
}

void egress_read_credential(struct egress_reading *r, const json_t *item, size_t number,
                            struct egress_credential *credential) {
    const char *where = egress_item(r, "credentials", number);
    if (!egress_object(r, item, where,
                       "name source hosts inject|placeholder paths ask requests bytes "
                       "tokens"))
        return;
    credential->name = egress_word(r, json_object_get(item, "name"),
                                   egress_inside(r, where, "name"), LONGEST_NAME);
    if (!r->wrong)
        egress_read_ceilings(r, item, where,
                             arena_printf(r->scratch, "the credential %s", credential->name), false,
                             &credential->ceilings);
    read_placeholder(r, item, where, credential);
    egress_read_hosts(r, item, where, credential);
    if (json_object_get(item, "paths"))
        egress_read_goes_to(r, item, where, credential);
    const json_t *ask = json_object_get(item, "ask");
    credential->ask = ask && egress_boolean(r, ask, egress_inside(r, where, "ask"));
    egress_read_source(r, json_object_get(item, "source"), where, credential);
    egress_read_slot(r, json_object_get(item, "inject"), where, credential);
    check_asking(r, where, credential);
}
