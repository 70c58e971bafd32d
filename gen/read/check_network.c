/* Checks of rules, CIDRs and ports. */
#include "base/buf.h"
#include "base/calendar.h"
#include "read/check.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"
#include "spec/vocabulary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void check_date(struct reading *reading, written at, struct date expires) {
    struct date today = calendar_date(calendar_now());
    if (expires.year && calendar_compare(expires, today) < 0)
        complain(reading, at_value(at, "expires"),
                 "it expired on %04u-%02u-%02u; today is %04u-%02u-%02u", (unsigned)expires.year,
                 (unsigned)expires.month, (unsigned)expires.day, (unsigned)today.year,
                 (unsigned)today.month, (unsigned)today.day);
}

void check_expiry(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    for (size_t i = 0; i < network->written_rules.n; i++)
        check_date(reading, network->written_rules.v[i].at, network->written_rules.v[i].expires);
    for (size_t i = 0; i < network->mcp.n; i++)
        check_date(reading, network->mcp.v[i].at, network->mcp.v[i].expires);
    for (size_t i = 0; i < spec->network.cidrs.n; i++)
        check_date(reading, spec->network.cidrs.v[i].at, spec->network.cidrs.v[i].expires);
}

static bool covered(struct arena *arena, const struct text *paths, size_t n, const char *path) {
    for (size_t i = 0; i < n; i++) {
        const char *readings[URL_PATH_READINGS];
        url_path_readings(arena, paths[i].s, readings);
        if (path_pattern_covers(readings[0], path))
            return true;
    }
    return false;
}

void check_path_readings(struct reading *reading, written at, const char *key,
                         const struct text *paths, size_t n, const char *whose) {
    for (size_t i = 0; i < n; i++) {
        const char *readings[URL_PATH_READINGS];
        size_t several = url_path_readings(reading->arena, paths[i].s, readings), k = 1;
        while (k < several && covered(reading->arena, paths, n, readings[k]))
            k++;
        if (k < several)
            complain(reading, at_item(at, key, paths[i].s),
                     "some servers read it as \"%s\": %s too", readings[k], whose);
    }
}

void check_paths(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        check_path_readings(reading, rule->at, "paths", rule->paths.v, rule->paths.n,
                            "the rule must let that through");
        check_path_readings(reading, rule->at, "deny", rule->deny.v, rule->deny.n,
                            "the rule must deny that");
    }
}

static bool is_too_wide(const struct cidr *cidr) {
    return cidr->length < (cidr->family == 4 ? 8 : 16);
}

/* Whether it covers nothing that is nobody's network. */
static bool check_special(struct reading *reading, struct aim aim, const struct cidr *cidr) {
    bool covers = false;
    for (size_t k = 0; k < special_ranges_count; k++)
        if (special_ranges[k].refused && cidrs_overlap(cidr, &special_ranges[k].cidr)) {
            complain(reading, aim, "it covers %s", special_ranges[k].refused);
            covers = true;
        }
    return !covers;
}

void check_cidrs(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &spec->network.cidrs.v[i];
        if (!rule->cidr.family)
            continue;
        struct aim aim = at_value(rule->at, "cidr");
        if (is_too_wide(&rule->cidr))
            complain(reading, aim,
                     "a range this wide would let nearly everything past the proxy; "
                     "name the networks that are meant");
        else
            check_special(reading, aim, &rule->cidr);
    }
}

/* Whether a name needs no rule's word to lead there: all of it is public. */
static bool is_public(const struct cidr *cidr) {
    if (cidr->family == 6 && !cidr_covers(&open_v6, cidr))
        return false;
    for (size_t k = 0; k < special_ranges_count; k++)
        if (special_ranges[k].closed && cidrs_overlap(cidr, &special_ranges[k].cidr))
            return false;
    return true;
}

static void check_range(struct reading *reading, written at, const struct cidr *cidr,
                        const char *what) {
    BUF_CLEANUP struct buf text = {0};
    buf_cidr(&text, *cidr);
    struct aim aim = at_item(at, "addresses", text.data);
    if (is_too_wide(cidr))
        complain(reading, aim,
                 "a range this wide would let %s lead to nearly every network; name those "
                 "that it is in",
                 what);
    else if (check_special(reading, aim, cidr) && is_public(cidr))
        complain(reading, aim,
                 "these addresses are public, and every host may have such: \"addresses\" adds to "
                 "them, and limits nothing");
}

void check_ranges(struct reading *reading, written at, const struct cidr *v, size_t n,
                  const char *what) {
    for (size_t i = 0; i < n; i++)
        check_range(reading, at, &v[i], what);
}

void check_addresses(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++) {
        const struct rule *rule = &spec->network.rules.v[i];
        check_ranges(reading, rule->at, rule->addresses.v, rule->addresses.n, "the host");
    }
}

/* plan.c says where the port comes from; it is needed here before there is a plan. */
static int64_t proxy_port(const struct spec *spec) {
    return 20000 + spec->user.uid / 2 % 10000;
}

/* Inside, a local port listens beside the resolver. */
static void check_resolver(struct reading *reading, const struct spec *spec, int64_t port) {
    if (spec->network.capture && port == 53)
        complain(reading, at_item(spec->network.at, "local_ports", "53"),
                 "port 53 is the sandbox's own resolver's; with \"capture\": false it has none");
}

static void check_port(struct reading *reading, const struct spec *spec, const char *key,
                       int64_t port) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, port);
    if (port == proxy_port(spec))
        complain(reading, at_item(spec->network.at, key, text),
                 "port %s is the proxy's own (it follows from \"uid\")", text);
}

void check_ports(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    for (size_t i = 0; i < network->local_ports.n; i++) {
        check_port(reading, spec, "local_ports", network->local_ports.v[i]);
        check_resolver(reading, spec, network->local_ports.v[i]);
    }
    for (size_t i = 0; i < network->publish.n; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, network->publish.v[i]);
        check_port(reading, spec, "publish", network->publish.v[i]);
        for (size_t k = 0; k < network->local_ports.n; k++)
            if (network->local_ports.v[k] == network->publish.v[i])
                complain(reading, at_item(network->at, "publish", text),
                         "port %s is in \"local_ports\" too: a port is the host's or the agent's",
                         text);
    }
}
