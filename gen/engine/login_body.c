#include "engine/login_body.h"
#include "base/buf_raw.h"
#include "engine/fields_check.h"

#include <ctype.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* What is asked. */
static bool is_media(struct bytes type, const char *lower) {
    struct bytes unused;
    return bytes_are(bytes_trim(bytes_before(type, ';', &unused)), lower);
}

/* As a server reads it: '+' is a blank. */
static struct bytes unformed(struct arena *arena, struct bytes text) {
    char *copy = arena_copy_n(arena, text.n ? text.s : "", text.n);
    for (size_t i = 0; i < text.n; i++)
        if (copy[i] == '+')
            copy[i] = ' ';
    return bytes_unquoted(arena, (struct bytes){copy, text.n});
}

/* Each parameter once. */
json_t *login_form_read(struct arena *arena, struct bytes body) {
    json_t *all = json_object();
    struct bytes rest = body;
    while (rest.s && rest.n) {
        struct bytes pair = bytes_before(rest, '&', &rest), value;
        struct bytes name = unformed(arena, bytes_before(pair, '=', &value));
        if (!pair.n)
            continue;
        value = unformed(arena, value);
        json_t *text = json_stringn(value.s, value.n);
        const char *key = arena_copy_n(arena, name.s, name.n);
        bool right = text && strlen(key) == name.n && !json_object_get(all, key) &&
                     json_object_set(all, key, text) == 0;
        json_decref(text);
        if (!right) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

bool login_is_form(const struct fields *fields) {
    size_t at = 0;
    const struct field *type = fields_next(fields, "content-type", &at);
    return type && !fields_next(fields, "content-type", &at) &&
           is_media(type->value, "application/x-www-form-urlencoded");
}

static json_t *read_body(struct arena *arena, const struct fields *fields, struct bytes body) {
    size_t at = 0;
    const struct field *type = fields_next(fields, "content-type", &at);
    if (!type || fields_next(fields, "content-type", &at) ||
        fields_have(fields, "content-encoding"))
        return NULL;
    if (is_media(type->value, "application/x-www-form-urlencoded"))
        return login_form_read(arena, body);
    if (!is_media(type->value, "application/json"))
        return NULL;
    json_t *all = json_loadb(body.s, body.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(all))
        return all;
    json_decref(all);
    return NULL;
}

/* What is kept and said again: short, and on one line. */
static const char *text_of(struct arena *arena, const json_t *all, const char *key) {
    const char *text = json_string_value(json_object_get(all, key));
    if (!text || !*text || strlen(text) > LOGIN_LONGEST_TEXT)
        return NULL;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return NULL;
    return arena_copy(arena, text);
}

static bool is_first(const char *grant) {
    return strcmp(grant, "authorization_code") == 0 ||
           strcmp(grant, "urn:ietf:params:oauth:grant-type:device_code") == 0;
}

const char *login_read_request(struct arena *arena, const struct egress_login *login,
                               const struct fields *fields, struct bytes body,
                               struct login_request *request) {
    *request = (struct login_request){0};
    json_t *all = read_body(arena, fields, body);
    if (!all)
        return arena_printf(arena,
                            "login %s: what its token endpoint is asked is a form, or an object of "
                            "JSON, that says each thing once",
                            login->name);
    const char *grant = text_of(arena, all, "grant_type");
    const char *refresh = json_string_value(json_object_get(all, "refresh_token"));
    request->renews = grant && strcmp(grant, "refresh_token") == 0 && refresh;
    request->placeholder = request->renews && strstr(refresh, login->marker[LOGIN_REFRESH]);
    request->client_id = text_of(arena, all, "client_id");
    request->client_secret = text_of(arena, all, "client_secret");
    request->scope = text_of(arena, all, "scope");
    request->resource = text_of(arena, all, "resource");
    bool passes = grant && (request->renews || is_first(grant));
    json_decref(all);
    return passes ? NULL
                  : arena_printf(arena,
                                 "login %s: its token endpoint is asked with a code, a device code "
                                 "or a refresh token alone",
                                 login->name);
}

static void add_member(struct buf *b, bool json, const char *name, const char *value, size_t n) {
    static const char hex[] = "0123456789ABCDEF";
    if (b->len)
        buf_char(b, json ? ',' : '&');
    buf_printf(b, json ? "\"%s\":\"" : "%s=", name);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        if (json && (c == '"' || c == '\\'))
            buf_char(b, '\\');
        if (json || isalnum(c) || (c && strchr("-._~", c)))
            buf_char(b, (char)c);
        else
            buf_printf(b, "%%%c%c", hex[c >> 4], hex[c & 15]);
    }
    if (json)
        buf_char(b, '"');
}

void login_form_add(struct buf *b, const char *name, const char *value, size_t n) {
    add_member(b, false, name, value, n);
}

struct bytes login_write_renewal(struct arena *arena, struct filled **filled,
                                 const struct egress_endpoint *endpoint,
                                 const struct login_request *request, struct bytes refresh) {
    struct buf b = {0};
    bool json = endpoint->json;
    (void)arena;
    buf_room(&b, 3 * refresh.n + 16 * LOGIN_LONGEST_TEXT); /* it never moves */
    add_member(&b, json, "grant_type", "refresh_token", strlen("refresh_token"));
    add_member(&b, json, "refresh_token", refresh.s, refresh.n);
    if (request->client_id)
        add_member(&b, json, "client_id", request->client_id, strlen(request->client_id));
    if (request->client_secret)
        add_member(&b, json, "client_secret", request->client_secret,
                   strlen(request->client_secret));
    if (request->scope)
        add_member(&b, json, "scope", request->scope, strlen(request->scope));
    if (request->resource)
        add_member(&b, json, "resource", request->resource, strlen(request->resource));
    char *room = filled_room(filled, b.len + 2);
    size_t n = 0;
    if (json)
        room[n++] = '{';
    memcpy(room + n, b.data, b.len);
    n += b.len;
    if (json)
        room[n++] = '}';
    OPENSSL_cleanse(b.data, b.cap);
    buf_free(&b);
    return (struct bytes){room, n};
}
