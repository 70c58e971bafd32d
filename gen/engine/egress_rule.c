/* A rule of policy.json. The grammars are those of the spec (gen/spec/types_*.c),
 * which a test compares with these. */
#include "base/buf.h"
#include "base/calendar.h"
#include "engine/egress_private.h"
#include "spec/vocabulary.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_METHOD = 20 };

const char *egress_lower(struct arena *arena, const char *s) {
    char *copy = arena_copy(arena, s);
    for (char *p = copy; *p; p++)
        *p = bytes_lower(*p);
    return copy;
}

const char *egress_read_method(struct egress_reading *r, const json_t *item, const char *where) {
    const char *method = json_is_string(item) ? json_string_value(item) : "";
    size_t n = strlen(method);
    if (n == 0 || n > LONGEST_METHOD || method[0] == '-' || method[n - 1] == '-' ||
        !egress_all_of(method, "-", isupper) || method_is_refused(method))
        egress_wrong(r, where, "an HTTP method in capitals, never CONNECT or TRACE");
    return arena_copy(r->arena, method);
}

const char *egress_read_path(struct egress_reading *r, const json_t *item, const char *where) {
    const char *compiled = "";
    const char *why = pattern_compile(r->scratch, egress_text(r, item, where), &compiled);
    if (why)
        egress_wrong(r, where, "%s", why);
    return arena_copy(r->arena, compiled);
}

static const char *read_lower_path(struct egress_reading *r, const json_t *item,
                                   const char *where) {
    return egress_lower(r->arena, egress_read_path(r, item, where));
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

const int *egress_read_ports(struct egress_reading *r, const json_t *rule, const char *where) {
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

struct ranges egress_read_ranges(struct egress_reading *r, const json_t *item, const char *where) {
    if (!json_object_get(item, "addresses"))
        return (struct ranges){0};
    size_t n = read_each(r, item, "addresses", where);
    const json_t *list = json_object_get(item, "addresses");
    struct cidr *v = arena_alloc(r->arena, n * sizeof *v);
    for (size_t i = 0; i < n && !r->wrong; i++)
        v[i] = read_range(r, json_array_get(list, i),
                          egress_item(r, egress_inside(r, where, "addresses"), i));
    return (struct ranges){v, n};
}

struct date egress_read_expires(struct egress_reading *r, const json_t *rule, const char *where) {
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

/* What of HTTP it lets through. */
static void read_requests(struct egress_reading *r, const json_t *item, const char *where,
                          struct egress_rule *rule) {
    if (json_object_get(item, "ignore_case"))
        rule->ignore_case = egress_boolean(r, json_object_get(item, "ignore_case"),
                                           egress_inside(r, where, "ignore_case"));
    rule->methods = egress_read_texts(r, item, "methods", where, egress_read_method);
    rule->paths = egress_read_texts(r, item, "paths", where,
                                    rule->ignore_case ? read_lower_path : egress_read_path);
    rule->websocket =
        egress_boolean(r, json_object_get(item, "websocket"), egress_inside(r, where, "websocket"));
    egress_read_query(r, item, where, rule);
}

void egress_read_rule(struct egress_reading *r, const json_t *item, size_t number,
                      struct egress_rule *rule) {
    const char *where = egress_item(r, "rules", number);
    const char *scheme = json_string_value(json_object_get(item, "scheme"));
    bool unread = scheme && (strcmp(scheme, "tcp") == 0 || strcmp(scheme, "tls") == 0);
    if (!egress_object(r, item, where,
                       unread ? "host suffix scheme ports|addresses bytes owner reason expires"
                              : "host suffix scheme methods paths ports websocket|addresses "
                                "ignore_case query requests bytes tokens owner reason expires"))
        return;
    rule->host = egress_read_host(r, item, where);
    rule->scheme = (enum egress_scheme)egress_one_of(r, json_object_get(item, "scheme"),
                                                     "https, http, tcp, tls",
                                                     egress_inside(r, where, "scheme"));
    if (!unread)
        read_requests(r, item, where, rule);
    if (!r->wrong)
        egress_read_ceilings(r, item, where,
                             arena_printf(r->scratch, "the rule for %s%s",
                                          rule->host.suffix ? "*." : "", rule->host.host),
                             true, &rule->ceilings);
    rule->ports = egress_read_ports(r, item, where);
    struct ranges ranges = egress_read_ranges(r, item, where);
    rule->addresses = ranges.v;
    rule->address_count = ranges.n;
    rule->owner = egress_optional(r, item, "owner", where);
    egress_optional(r, item, "reason", where);
    rule->expires = egress_read_expires(r, item, where);
    rule->next = NO_RULE;
}

void egress_read_denied(struct egress_reading *r, const json_t *item, size_t number,
                        struct egress_rule *denied) {
    const char *where = egress_item(r, "denied", number);
    if (!egress_object(r, item, where, "host suffix scheme paths ports|owner"))
        return;
    denied->host = egress_read_host(r, item, where);
    denied->scheme = (enum egress_scheme)egress_one_of(
        r, json_object_get(item, "scheme"), "https, http", egress_inside(r, where, "scheme"));
    denied->paths = egress_read_texts(r, item, "paths", where, read_lower_path);
    denied->ports = egress_read_ports(r, item, where);
    denied->owner = egress_optional(r, item, "owner", where);
    denied->next = NO_RULE;
}
