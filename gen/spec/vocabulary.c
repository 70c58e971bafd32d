#include "spec/vocabulary.h"

#include <ctype.h>
#include <string.h>

const struct special_range special_ranges[] = {
    {{4, 8, {0}}, true, "\"this network\" (0.0.0.0/8)"},
    {{4, 8, {10}}, true, NULL},
    {{4, 10, {100, 64}}, true, NULL},
    {{4, 8, {127}}, true, "the host's loopback (use local_ports)"},
    {{4, 16, {169, 254}}, true, "link-local addresses and the cloud's metadata service"},
    {{4, 12, {172, 16}}, true, NULL},
    {{4, 24, {192, 0, 0}}, true, NULL},
    {{4, 24, {192, 0, 2}}, true, NULL},
    {{4, 24, {192, 88, 99}}, true, NULL},
    {{4, 16, {192, 168}}, true, NULL},
    {{4, 15, {198, 18}}, true, "the addresses that sandboxes use inside (198.18.0.0/15)"},
    {{4, 24, {198, 51, 100}}, true, NULL},
    {{4, 24, {203, 0, 113}}, true, NULL},
    {{4, 4, {224}}, true, "multicast"},
    {{4, 4, {240}}, true, "reserved addresses and broadcast"},
    {{6, 128, {0}}, false, "the unspecified address"},
    {{6, 128, {[15] = 1}}, false, "the host's loopback (use local_ports)"},
    {{6, 96, {0}}, true, NULL},
    {{6, 96, {[10] = 0xff, [11] = 0xff}}, true, "IPv4 in IPv6's clothes (::ffff:0:0/96)"},
    {{6, 96, {0x00, 0x64, 0xff, 0x9b}}, true, "IPv4 behind NAT64 (64:ff9b::/96)"},
    {{6, 48, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}}, true, NULL},
    {{6, 64, {0x01}}, true, NULL},
    {{6, 23, {0x20, 0x01}}, true, NULL},
    {{6, 32, {0x20, 0x01, 0x0d, 0xb8}}, true, NULL},
    {{6, 16, {0x20, 0x02}}, true, NULL},
    {{6, 20, {0x3f, 0xff}}, true, NULL},
    {{6, 7, {0xfc}}, true, NULL},
    {{6, 128, {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}},
     false,
     "the cloud's metadata service"},
    {{6, 10, {0xfe, 0x80}}, true, "link-local addresses"},
    {{6, 10, {0xfe, 0xc0}}, true, NULL},
    {{6, 8, {0xff}}, true, "multicast"},
};
const size_t special_ranges_count = sizeof special_ranges / sizeof *special_ranges;

const struct cidr open_v6 = {6, 3, {0x20}};

bool cidrs_overlap(const struct cidr *a, const struct cidr *b) {
    unsigned bits = a->length < b->length ? a->length : b->length;
    if (a->family != b->family)
        return false;
    if (memcmp(a->bytes, b->bytes, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return rest == 0 || (a->bytes[bits / 8] & mask) == (b->bytes[bits / 8] & mask);
}

bool cidr_covers(const struct cidr *a, const struct cidr *b) {
    return a->length <= b->length && cidrs_overlap(a, b);
}

bool special_needs_a_rule(const struct special_range *range, uint8_t family) {
    return range->closed && range->cidr.family == family &&
           (family == 4 || cidrs_overlap(&range->cidr, &open_v6));
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct header_group header_groups[] = {
    /* RFC 9110, section 7.6.1, and what is sent like them. */
    {"hop", WORDS("connection", "keep-alive", "proxy-connection", "proxy-authorization",
                  "proxy-authenticate", "te", "trailer", "upgrade", "http2-settings")},
    /* Nothing of these reaches a server as an agent or a credential gives it: mitmproxy or the
     * add-on sets them, or takes them away where a secret went in. */
    {"set_here", WORDS("host", "content-length", "transfer-encoding", "expect", "accept-encoding",
                       "range", "if-range")},
    /* They make a server act on another method, path or host than the one that was decided. What
     * gateways tell servers of the request that they had comes in more names than anybody knows. */
    {"overrides",
     WORDS("x-http-method-override", "x-http-method", "x-method-override", "x-host",
           "x-http-host-override", "x-scheme", "x-url-scheme", "x-script-name", "forwarded",
           "front-end-https", "x-forwarded-", "x-original-", "x-rewrite-", "x-envoy-original-")},
    {"websocket", WORDS("sec-websocket-")},
};
const size_t header_groups_count = sizeof header_groups / sizeof *header_groups;

/* The client's own address decides nothing of that. */
const char *const header_free = "x-forwarded-for";

/* Whether name, with '_' for '-', is the word, or begins with it where that ends in '-'. */
static bool is_word(const char *name, size_t n, const char *word) {
    size_t i = 0;
    for (; word[i]; i++)
        if (i == n || word[i] != (name[i] == '_' ? '-' : tolower((unsigned char)name[i])))
            return false;
    return word[i - 1] == '-' || i == n;
}

static bool is_in(const struct header_group *group, const char *name, size_t n) {
    for (size_t k = 0; group->words[k]; k++)
        if (is_word(name, n, group->words[k]))
            return true;
    return false;
}

bool header_is_in(const char *group, const char *name, size_t n) {
    if (is_word(name, n, header_free))
        return false;
    for (size_t i = 0; i < header_groups_count; i++)
        if (strcmp(header_groups[i].name, group) == 0 && is_in(&header_groups[i], name, n))
            return true;
    return false;
}

bool header_is_taken(const char *name) {
    if (is_word(name, strlen(name), header_free))
        return false;
    for (size_t i = 0; i < header_groups_count; i++)
        if (is_in(&header_groups[i], name, strlen(name)))
            return true;
    return false;
}

const char *const special_use[] = {
    "alt", "corp",  "example",     "home",      "home.arpa", "internal", "intranet", "invalid",
    "lan", "local", "localdomain", "localhost", "onion",     "private",  "test",     NULL,
};

const char *const special_use_closed[] = {"alt", "invalid", "localhost", "onion", NULL};

bool special_use_is_closed(const char *ending) {
    for (size_t i = 0; special_use_closed[i]; i++)
        if (strcmp(ending, special_use_closed[i]) == 0)
            return true;
    return false;
}

bool special_use_is_open(const char *ending) {
    for (size_t i = 0; special_use[i]; i++)
        if (strcmp(ending, special_use[i]) == 0)
            return !special_use_is_closed(ending);
    return false;
}

const char *const mcp_methods[] = {"completion/", "initialize", "logging/",       "notifications/",
                                   "ping",        "prompts/",   "resources/",     "server/",
                                   "tasks/",      "tools/call", "subscriptions/", "tools/list",
                                   NULL};

bool mcp_method_is_known(const char *method, size_t n) {
    for (const char *const *one = mcp_methods; *one; one++) {
        size_t length = strlen(*one);
        bool begins = (*one)[length - 1] == '/';
        if ((begins ? n > length : n == length) && memcmp(method, *one, length) == 0)
            return true;
    }
    return false;
}

const char *const methods_refused[] = {"CONNECT", "TRACE", NULL};

bool method_is_refused(const char *method) {
    for (size_t i = 0; methods_refused[i]; i++)
        if (strcmp(method, methods_refused[i]) == 0)
            return true;
    return false;
}
