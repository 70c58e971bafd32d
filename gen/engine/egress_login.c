/* The logins of a policy: where tokens are given out, and what stands for them. */
#include "engine/egress_private.h"

#include <ctype.h>
#include <string.h>

enum {
    LONGEST_NAME = 40,
    LONGEST_PREFIX = 40,
    LONGEST_PLACEHOLDER = 200,
    LONGEST_PATH = 300,
    LONGEST_CLIENT = 300,
    LONGEST_POINTER = 200
};

static const char *const keys[LOGIN_TOKENS] = {"access", "refresh", "id"};

static const char *read_pointer(struct egress_reading *r, const json_t *item, const char *where,
                                const char *key) {
    const char *at = egress_inside(r, where, key);
    const char *pointer = egress_text(r, json_object_get(item, key), at);
    if (pointer[0] != '/' || strlen(pointer) > LONGEST_POINTER)
        egress_wrong(r, at, "a JSON pointer");
    return pointer;
}

/* "host port path" */
static void read_place(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_endpoint *endpoint) {
    const char *at = egress_inside(r, where, "host"), *name = "";
    endpoint->host = egress_text(r, json_object_get(item, "host"), at);
    const char *why = target_host(r->arena, bytes_of(endpoint->host), &name);
    if (why || strcmp(endpoint->host, name) != 0)
        egress_wrong(r, at, "a host in lower case");
    endpoint->port = egress_port(r, json_object_get(item, "port"), egress_inside(r, where, "port"));
    at = egress_inside(r, where, "path");
    endpoint->path = egress_text(r, json_object_get(item, "path"), at);
    if (endpoint->path[0] != '/' || strlen(endpoint->path) > LONGEST_PATH ||
        !egress_all_of(endpoint->path, "/._~-", isalnum))
        egress_wrong(r, at, "a path of letters, digits and - . _ ~");
}

static void read_endpoint(struct egress_reading *r, const json_t *item, const char *where,
                          struct egress_endpoint *endpoint) {
    if (!egress_object(r, item, where, "host port path body access refresh expires_in id|"))
        return;
    read_place(r, item, where, endpoint);
    int body = egress_one_of(r, json_object_get(item, "body"), "form, json, none",
                             egress_inside(r, where, "body"));
    endpoint->json = body == 1;
    endpoint->is_other = body == 2;
    for (int i = 0; i < LOGIN_TOKENS; i++)
        endpoint->pointer[i] = read_pointer(r, item, where, keys[i]);
    endpoint->expires_in = read_pointer(r, item, where, "expires_in");
}

/* The first is the one that a login begins at. */
static bool put_others_last(struct egress_login *login) {
    size_t n = 0;
    for (size_t i = 0; i < login->token_count; i++)
        if (!login->tokens[i].is_other) {
            struct egress_endpoint one = login->tokens[i];
            login->tokens[i] = login->tokens[n];
            login->tokens[n++] = one;
        }
    return n > 0;
}

static void read_endpoints(struct egress_reading *r, const json_t *item, const char *where,
                           struct egress_login *login) {
    where = egress_inside(r, where, "token");
    const json_t *list = egress_list(r, json_object_get(item, "token"), where);
    login->token_count = json_array_size(list);
    if (!login->token_count)
        egress_wrong(r, where, "one or more");
    login->tokens = arena_alloc(r->arena, (login->token_count + 1) * sizeof *login->tokens);
    for (size_t i = 0; i < login->token_count && !r->wrong; i++)
        read_endpoint(r, json_array_get(list, i), egress_item(r, where, i), &login->tokens[i]);
    if (!r->wrong && !put_others_last(login))
        egress_wrong(r, where, "one whose body is form or json");
}

static void read_prefixes(struct egress_reading *r, const json_t *item, const char *where,
                          struct egress_login *login) {
    const json_t *prefix = json_object_get(item, "prefix");
    where = egress_inside(r, where, "prefix");
    for (int i = 0; i < LOGIN_TOKENS; i++)
        login->prefix[i] = "";
    if (!prefix || !egress_object(r, prefix, where, "|access refresh"))
        return;
    for (int i = 0; i < LOGIN_ID; i++)
        if (json_object_get(prefix, keys[i]))
            login->prefix[i] = egress_word(r, json_object_get(prefix, keys[i]),
                                           egress_inside(r, where, keys[i]), LONGEST_PREFIX);
}

/* It has to be one of a JWT's parts, too: base64url. */
static void read_markers(struct egress_reading *r, const json_t *item, const char *where,
                         struct egress_login *login) {
    const char *at = egress_inside(r, where, "placeholder");
    const char *base = egress_text(r, json_object_get(item, "placeholder"), at);
    if (strlen(base) < 8 || strlen(base) > LONGEST_PLACEHOLDER ||
        !egress_all_of(base, "-_", isalnum))
        egress_wrong(r, at, "8 to 200 letters, digits, '-' and '_'");
    for (int i = 0; i < LOGIN_TOKENS; i++)
        login->marker[i] = arena_printf(r->arena, "%s-%s", base, keys[i]);
}

static void read_login(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_login *login, struct egress_credential *credential) {
    if (!egress_object(
            r, item, where,
            "name placeholder token hosts inject|paths prefix client_id revoke resource"))
        return;
    login->name = egress_word(r, json_object_get(item, "name"), egress_inside(r, where, "name"),
                              LONGEST_NAME);
    if (!egress_all_of(login->name, "-", isalnum))
        egress_wrong(r, egress_inside(r, where, "name"), "letters, digits and '-'");
    read_markers(r, item, where, login);
    read_endpoints(r, item, where, login);
    read_prefixes(r, item, where, login);
    login->client_id = egress_optional(r, item, "client_id", where);
    if (login->client_id && strlen(login->client_id) > LONGEST_CLIENT)
        egress_wrong(r, egress_inside(r, where, "client_id"), "at most 300 bytes");
    login->resource = egress_optional(r, item, "resource", where);
    if (login->resource && strlen(login->resource) > LONGEST_CLIENT)
        egress_wrong(r, egress_inside(r, where, "resource"), "at most 300 bytes");
    const json_t *revoke = json_object_get(item, "revoke");
    if (revoke && egress_object(r, revoke, egress_inside(r, where, "revoke"), "host port path|")) {
        login->revoke = arena_alloc(r->arena, sizeof *login->revoke);
        read_place(r, revoke, egress_inside(r, where, "revoke"), login->revoke);
    }
    *credential = (struct egress_credential){.name = login->name,
                                             .login = login,
                                             .source_name = "",
                                             .ask = !login->resource,
                                             .placeholder = login->marker[LOGIN_ACCESS]};
    egress_read_hosts(r, item, where, credential);
    if (json_object_get(item, "paths"))
        egress_read_goes_to(r, item, where, credential);
    egress_read_slot(r, json_object_get(item, "inject"), where, credential);
    if (credential->slot != SLOT_BEARER && credential->slot != SLOT_HEADER &&
        credential->slot != SLOT_AUTHORIZATION)
        egress_wrong(r, egress_inside(r, where, "inject"), "bearer, header or authorization");
}

void egress_read_logins(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *list = json_object_get(top, "logins");
    if (!list)
        return;
    egress_list(r, list, "logins");
    size_t n = json_array_size(list);
    egress->logins = arena_alloc(r->arena, (n + 1) * sizeof *egress->logins);
    for (size_t i = 0; i < n && !r->wrong; i++)
        read_login(r, json_array_get(list, i), egress_item(r, "logins", i),
                   &egress->logins[egress->login_count++],
                   &egress->credentials[egress->credential_count++]);
}

const struct egress_login *egress_login(const struct egress *egress, const char *name) {
    for (size_t i = 0; i < egress->login_count; i++)
        if (strcmp(egress->logins[i].name, name) == 0)
            return &egress->logins[i];
    return NULL;
}

/* In capitals or not, with slashes at its end or none, with or without what stands behind a ';' or
 * a byte of 0: one server or another takes each for the same. */
static bool is_path(const char *reading, const char *path) {
    size_t n = strcspn(reading, ";"), length = strlen(path);
    while (n > 1 && reading[n - 1] == '/')
        n--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (n != length)
        return false;
    for (size_t i = 0; i < n; i++)
        if (bytes_lower(reading[i]) != bytes_lower(path[i]))
            return false;
    return true;
}

static bool is_at(const struct egress_endpoint *endpoint, const struct egress_question *question) {
    if (endpoint->port != question->port || strcmp(endpoint->host, question->host) != 0)
        return false;
    for (size_t i = 0; i < question->target->reading_count; i++)
        if (is_path(question->target->readings[i], endpoint->path))
            return true;
    return false;
}

const struct egress_login *egress_login_at(const struct egress *egress,
                                           const struct egress_question *question,
                                           const struct egress_endpoint **endpoint) {
    for (size_t i = 0; question->tls && i < egress->login_count; i++)
        for (size_t k = 0; k < egress->logins[i].token_count; k++)
            if (is_at(&egress->logins[i].tokens[k], question)) {
                *endpoint = &egress->logins[i].tokens[k];
                return &egress->logins[i];
            }
    return NULL;
}
