/* Checks of rules, CIDRs and ports. */
#include "base/calendar.h"
#include "read/check.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"

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
    for (size_t i = 0; i < spec->network.rules.n; i++)
        check_date(reading, spec->network.rules.v[i].at, spec->network.rules.v[i].expires);
    for (size_t i = 0; i < spec->network.cidrs.n; i++)
        check_date(reading, spec->network.cidrs.v[i].at, spec->network.cidrs.v[i].expires);
}

static bool covered(struct arena *arena, const struct rule *rule, const char *path) {
    for (size_t i = 0; i < rule->paths.n; i++) {
        const char *readings[URL_PATH_READINGS];
        url_path_readings(arena, rule->paths.v[i].s, readings);
        if (path_pattern_covers(readings[0], path))
            return true;
    }
    return false;
}

static void check_path(struct reading *reading, const struct rule *rule, const char *path) {
    const char *readings[URL_PATH_READINGS];
    size_t n = url_path_readings(reading->arena, path, readings);
    for (size_t i = 1; i < n; i++)
        if (!covered(reading->arena, rule, readings[i])) {
            complain(reading, at_item(rule->at, "paths", path),
                     "some servers read it as \"%s\": the rule must let that through too",
                     readings[i]);
            return;
        }
}

void check_paths(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++)
        for (size_t k = 0; k < spec->network.rules.v[i].paths.n; k++)
            check_path(reading, &spec->network.rules.v[i], spec->network.rules.v[i].paths.v[k].s);
}

/* IANA's special-purpose registries (RFC 6890 and its updates), and the cloud's metadata
 * services, which answer with the machine's own keys. */
static const struct {
    struct cidr cidr;
    const char *what;
} special[] = {
    {{4, 8, {0}}, "\"this network\" (0.0.0.0/8)"},
    {{4, 8, {127}}, "the host's loopback (use local_ports)"},
    {{4, 16, {169, 254}}, "link-local addresses and the cloud's metadata service"},
    {{4, 15, {198, 18}}, "the addresses that sandboxes use inside (198.18.0.0/15)"},
    {{4, 4, {224}}, "multicast"},
    {{4, 4, {240}}, "reserved addresses and broadcast"},
    {{6, 128, {0}}, "the unspecified address"},
    {{6, 128, {[15] = 1}}, "the host's loopback (use local_ports)"},
    {{6, 96, {[10] = 0xff, [11] = 0xff}}, "IPv4 in IPv6's clothes (::ffff:0:0/96)"},
    {{6, 96, {0x00, 0x64, 0xff, 0x9b}}, "IPv4 behind NAT64 (64:ff9b::/96)"},
    {{6, 10, {0xfe, 0x80}}, "link-local addresses"},
    {{6, 128, {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}}, "the cloud's metadata service"},
    {{6, 8, {0xff}}, "multicast"},
};

static bool overlap(const struct cidr *a, const struct cidr *b) {
    unsigned bits = a->length < b->length ? a->length : b->length;
    if (a->family != b->family)
        return false;
    if (memcmp(a->bytes, b->bytes, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return rest == 0 || (a->bytes[bits / 8] & mask) == (b->bytes[bits / 8] & mask);
}

void check_cidrs(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &spec->network.cidrs.v[i];
        if (!rule->cidr.family)
            continue;
        struct aim aim = at_value(rule->at, "cidr");
        if (rule->cidr.length < (rule->cidr.family == 4 ? 8 : 16)) {
            complain(reading, aim,
                     "a range this wide would let nearly everything past the proxy; "
                     "name the networks that are meant");
            continue;
        }
        for (size_t k = 0; k < sizeof special / sizeof *special; k++)
            if (overlap(&rule->cidr, &special[k].cidr))
                complain(reading, aim, "it covers %s", special[k].what);
    }
}

/* plan.c says where the port comes from; it is needed here before there is a plan. */
static int64_t proxy_port(const struct spec *spec) {
    return 20000 + spec->user.uid / 2 % 10000;
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
    for (size_t i = 0; i < network->local_ports.n; i++)
        check_port(reading, spec, "local_ports", network->local_ports.v[i]);
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
