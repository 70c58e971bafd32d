/* A rule and a credential of policy.json. The grammars are those of the spec (gen/spec/types_*.c),
 * which a test compares with these. */
#include "base/buf.h"
#include "base/calendar.h"
#include "engine/egress_private.h"
#include "spec/vocabulary.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_METHOD = 20,
    LONGEST_NAME = 60,
    LONGEST_SOURCE = 255,
    LONGEST_SLOT = 100,
    SHORTEST_PLACEHOLDER = 8,
    LONGEST_PLACEHOLDER = 500
};

static const char *lower_case(struct arena *arena, const char *s) {
    char *copy = arena_copy(arena, s);
    for (char *p = copy; *p; p++)
        *p = bytes_lower(*p);
    return copy;
}

static const char *read_method(struct egress_reading *r, const json_t *item, const char *where) {
    const char *method = json_is_string(item) ? json_string_value(item) : "";
    size_t n = strlen(method);
    if (n == 0 || n > LONGEST_METHOD || method[0] == '-' || method[n - 1] == '-' ||
        !egress_all_of(method, "-", isupper) || method_is_refused(method))
        egress_wrong(r, where, "an HTTP method in capitals, never CONNECT or TRACE");
    return arena_copy(r->arena, method);
}

static const char *read_path(struct egress_reading *r, const json_t *item, const char *where) {
    const char *compiled = "";
    const char *why = pattern_compile(r->scratch, egress_text(r, item, where), &compiled);
    if (why)
        egress_wrong(r, where, "%s", why);
    return arena_copy(r->arena, compiled);
}

static size_t read_each(struct egress_reading *r, const json_t *rule, const char *key,
                        const char *where) {
    const json_t *list = egress_list(r, json_object_get(rule, key), egress_inside(r, where, key));
    if (json_array_size(list) == 0)
        egress_wrong(r, egress_inside(r, where, key), "one or more");
    return json_array_size(list);
}

const char *const *
egress_read_texts(struct egress_reading *r, const json_t *rule, const char *key, const char *where,
                  const char *(*parse)(struct egress_reading *, const json_t *, const char *)) {
    size_t n = read_each(r, rule, key, where);
    const char **texts = arena_alloc(r->arena, (n + 1) * sizeof *texts);
    const json_t *list = json_object_get(rule, key);
    for (size_t i = 0; i < n && !r->wrong; i++)
        texts[i] =
            parse(r, json_array_get(list, i), egress_item(r, egress_inside(r, where, key), i));
    return texts;
}

static const int *read_ports(struct egress_reading *r, const json_t *rule, const char *where) {
    size_t n = read_each(r, rule, "ports", where);
    int *ports = arena_alloc(r->arena, (n + 1) * sizeof *ports);
    const json_t *list = json_object_get(rule, "ports");
    for (size_t i = 0; i < n && !r->wrong; i++)
        ports[i] = egress_port(r, json_array_get(list, i),
                               egress_item(r, egress_inside(r, where, "ports"), i));
    return ports;
}

/* In its one spelling (buf_cidr), which has no bit behind the prefix. */
static struct cidr read_range(struct egress_reading *r, const json_t *item, const char *where) {
    struct cidr cidr = {0};
    const char *text = egress_text(r, item, where), *slash = strchr(text, '/');
    char address[INET6_ADDRSTRLEN] = "";
    size_t n = slash ? (size_t)(slash - text) : 0;
    int length = -1;
    if (n && n < sizeof address)
        memcpy(address, text, n);
    if (slash && strlen(slash + 1) <= 3 && egress_all_of(slash + 1, "", isdigit))
        length = atoi(slash + 1);
    cidr.family = strchr(address, ':') ? 6 : 4;
    cidr.length = (uint8_t)length;
    bool right = length >= 0 && length <= (cidr.family == 4 ? 32 : 128) &&
                 inet_pton(cidr.family == 4 ? AF_INET : AF_INET6, address, cidr.bytes) == 1;
    for (size_t bit = (size_t)length; right && bit < 8 * sizeof cidr.bytes; bit++)
        right = !(cidr.bytes[bit / 8] & 0x80u >> bit % 8);
    BUF_CLEANUP struct buf spelled = {0};
    if (right)
        buf_cidr(&spelled, cidr);
    if (!right || strcmp(spelled.data, text) != 0)
        egress_wrong(r, where, "a range of addresses, like 10.1.0.0/16 or fd00:1::/64");
    return cidr;
}

static void read_addresses(struct egress_reading *r, const json_t *item, const char *where,
                           struct egress_rule *rule) {
    if (!json_object_get(item, "addresses"))
        return;
    size_t n = read_each(r, item, "addresses", where);
    const json_t *list = json_object_get(item, "addresses");
    rule->addresses = arena_alloc(r->arena, n * sizeof *rule->addresses);
    rule->address_count = n;
    for (size_t i = 0; i < n && !r->wrong; i++)
        rule->addresses[i] = read_range(r, json_array_get(list, i),
                                        egress_item(r, egress_inside(r, where, "addresses"), i));
}

static struct date read_expires(struct egress_reading *r, const json_t *rule, const char *where) {
    const char *text = egress_optional(r, rule, "expires", where);
    if (!text)
        return (struct date){0};
    bool form = strlen(text) == 10 && text[0] == '2' && text[4] == '-' && text[7] == '-';
    int parts[3] = {0};
    for (size_t i = 0; form && i < 10; i++)
        if (i != 4 && i != 7) {
            int *part = &parts[(i > 4) + (i > 7)];
            form = isdigit((unsigned char)text[i]);
            *part = *part * 10 + (text[i] - '0');
        }
    if (!form || !calendar_exists(parts[0], parts[1], parts[2])) {
        egress_wrong(r, egress_inside(r, where, "expires"), "a date, YYYY-MM-DD");
        return (struct date){0};
    }
    return (struct date){(uint16_t)parts[0], (uint8_t)parts[1], (uint8_t)parts[2]};
}

void egress_read_rule(struct egress_reading *r, const json_t *item, size_t number,
                      struct egress_rule *rule) {
    const char *where = egress_item(r, "rules", number);
    if (!egress_object(r, item, where,
                       "host suffix scheme methods paths ports websocket|addresses query owner "
                       "reason expires"))
        return;
    rule->host = egress_read_host(r, item, where);
    rule->tls = egress_one_of(r, json_object_get(item, "scheme"), "https, http",
                              egress_inside(r, where, "scheme")) == 0;
    rule->methods = egress_read_texts(r, item, "methods", where, read_method);
    rule->paths = egress_read_texts(r, item, "paths", where, read_path);
    rule->ports = read_ports(r, item, where);
    read_addresses(r, item, where, rule);
    rule->websocket =
        egress_boolean(r, json_object_get(item, "websocket"), egress_inside(r, where, "websocket"));
    egress_read_query(r, item, where, rule);
    rule->owner = egress_optional(r, item, "owner", where);
    egress_optional(r, item, "reason", where);
    rule->expires = read_expires(r, item, where);
    rule->next = NO_RULE;
}

static const char *read_denied_path(struct egress_reading *r, const json_t *item,
                                    const char *where) {
    return lower_case(r->arena, read_path(r, item, where));
}

void egress_read_denied(struct egress_reading *r, const json_t *item, size_t number,
                        struct egress_rule *denied) {
    const char *where = egress_item(r, "denied", number);
    if (!egress_object(r, item, where, "host suffix scheme paths ports|owner"))
        return;
    denied->host = egress_read_host(r, item, where);
    denied->tls = egress_one_of(r, json_object_get(item, "scheme"), "https, http",
                                egress_inside(r, where, "scheme")) == 0;
    denied->paths = egress_read_texts(r, item, "paths", where, read_denied_path);
    denied->ports = read_ports(r, item, where);
    denied->owner = egress_optional(r, item, "owner", where);
    denied->next = NO_RULE;
}

static void read_source(struct egress_reading *r, const json_t *item, const char *where,
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

/* RFC 9110, sections 5.6.2 and 11.1; those that have slots of their own are none. */
static bool is_scheme(const char *s) {
    return strlen(s) <= LONGEST_SLOT && egress_all_of(s, "!#$%&'*+-.^_`|~", isalnum) &&
           !bytes_are(bytes_of(s), "bearer") && !bytes_are(bytes_of(s), "basic");
}

static void read_slot(struct egress_reading *r, const json_t *item, const char *where,
                      struct egress_credential *credential) {
    where = egress_inside(r, where, "inject");
    if (!json_is_object(item) || json_object_size(item) != 1) {
        egress_wrong(r, where, "exactly one of header, bearer, basic, query, authorization, path");
        return;
    }
    void *only = json_object_iter((json_t *)(uintptr_t)item);
    const char *kind = json_object_iter_key(only);
    const json_t *value = json_object_iter_value(only);
    bool bearer = strcmp(kind, "bearer") == 0, path = strcmp(kind, "path") == 0;
    credential->slot_name = "";
    if ((bearer || path) && json_is_true(value)) {
        credential->slot = bearer ? SLOT_BEARER : SLOT_PATH;
        return;
    }
    const char *text = egress_text(r, value, egress_inside(r, where, kind));
    credential->slot_name = text;
    if (strcmp(kind, "header") == 0 && is_header(text)) {
        credential->slot = SLOT_HEADER;
        credential->slot_name = lower_case(r->arena, text);
    } else if (strcmp(kind, "basic") == 0 && is_user(text)) {
        credential->slot = SLOT_BASIC;
    } else if (strcmp(kind, "query") == 0) {
        credential->slot = SLOT_QUERY;
        egress_word(r, value, egress_inside(r, where, "query"), LONGEST_SLOT);
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

static void read_paths(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_credential *credential) {
    size_t i;
    json_t *path;
    credential->paths = egress_read_texts(r, item, "paths", where, read_path);
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
    credential->ask = credential->ask || credential->slot == SLOT_PATH;
    if (credential->ask && !placeholder)
        egress_wrong(r, egress_inside(r, where, "placeholder"), "it is what asks for the secret");
    if (credential->slot == SLOT_PATH && placeholder &&
        !egress_all_of(placeholder, "-._~:@", isalnum))
        egress_wrong(r, egress_inside(r, where, "placeholder"),
                     "in a path only letters, digits and - . _ ~ : @");
}

void egress_read_credential(struct egress_reading *r, const json_t *item, size_t number,
                            struct egress_credential *credential) {
    const char *where = egress_item(r, "credentials", number);
    if (!egress_object(r, item, where, "name source hosts inject|placeholder paths ask"))
        return;
    credential->name = egress_word(r, json_object_get(item, "name"),
                                   egress_inside(r, where, "name"), LONGEST_NAME);
    read_placeholder(r, item, where, credential);
    const char *at = egress_inside(r, where, "hosts");
    const json_t *hosts = egress_list(r, json_object_get(item, "hosts"), at);
    credential->host_count = json_array_size(hosts);
    credential->hosts =
        arena_alloc(r->arena, (credential->host_count + 1) * sizeof *credential->hosts);
    for (size_t i = 0; i < credential->host_count && !r->wrong; i++)
        if (egress_object(r, json_array_get(hosts, i), at, "host suffix|"))
            credential->hosts[i] = egress_read_host(r, json_array_get(hosts, i), where);
    if (json_object_get(item, "paths"))
        read_paths(r, item, where, credential);
    const json_t *ask = json_object_get(item, "ask");
    credential->ask = ask && egress_boolean(r, ask, egress_inside(r, where, "ask"));
    read_source(r, json_object_get(item, "source"), where, credential);
    read_slot(r, json_object_get(item, "inject"), where, credential);
    check_asking(r, where, credential);
}
