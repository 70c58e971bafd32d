/* How old packages have to be, whichever rule allows them. */
#include "engine/egress_private.h"

#include <ctype.h>
#include <string.h>

enum { LEAST = 3600, MOST = 365 * 86400 };

static bool is_path(const char *s) {
    while (*s) {
        size_t n = *s == '/' ? strcspn(s + 1, "/") : 0;
        if (n == 0 || (s[1] == '.' && (n == 1 || (n == 2 && s[2] == '.'))))
            return false;
        s += n + 1;
    }
    return true;
}

static void read_index(struct egress_reading *r, const json_t *item, const char *where,
                       struct package_place *index) {
    if (!egress_object(r, item, where, "kind host port path|"))
        return;
    index->kind = (enum package_source)egress_one_of(r, json_object_get(item, "kind"), "npm, pypi",
                                                     egress_inside(r, where, "kind"));
    json_t *host = json_object();
    json_object_set(host, "host", json_object_get(item, "host"));
    json_object_set_new(host, "suffix", json_false());
    index->host = egress_read_host(r, host, where).host;
    json_decref(host);
    index->port = egress_port(r, json_object_get(item, "port"), egress_inside(r, where, "port"));
    const json_t *path = json_object_get(item, "path");
    index->path = json_is_string(path) ? arena_copy(r->arena, json_string_value(path)) : "?";
    if (!egress_all_of(index->path, "/._~-", isalnum) || !is_path(index->path))
        egress_wrong(r, egress_inside(r, where, "path"),
                     "empty, or segments of letters, digits and - . _ ~");
}

void egress_read_cooldown(struct egress_reading *r, const json_t *item, size_t number,
                          struct egress_rule *rule) {
    const char *where = egress_item(r, "cooldowns", number);
    if (!egress_object(r, item, where, "host suffix paths ports seconds index|owner"))
        return;
    rule->host = egress_read_host(r, item, where);
    rule->paths = egress_read_texts(r, item, "paths", where, egress_read_path);
    rule->ports = egress_read_ports(r, item, where);
    const json_t *seconds = json_object_get(item, "seconds");
    if (!json_is_integer(seconds) || json_integer_value(seconds) < LEAST ||
        json_integer_value(seconds) > MOST)
        egress_wrong(r, egress_inside(r, where, "seconds"), "a number, %d to %d", LEAST, MOST);
    rule->seconds = json_integer_value(seconds);
    read_index(r, json_object_get(item, "index"), egress_inside(r, where, "index"), &rule->index);
    rule->owner = egress_optional(r, item, "owner", where);
    rule->next = NO_RULE;
}
