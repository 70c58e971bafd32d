/* Checks of users, hosts and what a host can enforce. */
#include "base/words.h"
#include "plan/gaps.h"
#include "read/check.h"

#include <inttypes.h>
#include <string.h>

/* Users that exist on every system; an agent of that name would be an administrator or a daemon. */
static const char *const system_users[] = {"root",  "daemon", "bin",   "sys",    "admin",
                                           "wheel", "nobody", "staff", "sudo",   "users",
                                           "games", "man",    "mail",  "nixbld", NULL};

static bool is_system_user(const char *name) {
    for (size_t i = 0; system_users[i]; i++)
        if (strcmp(name, system_users[i]) == 0)
            return true;
    return name[0] == '_' || strncmp(name, "systemd-", 8) == 0;
}

void check_names(struct reading *reading, const struct spec *spec) {
    const char *agent = spec->user.name.s;
    static const char *const ours[] = {"egress-", "relay-", "share-", NULL};
    if (is_system_user(agent))
        complain(reading, at_value(spec->user.at, "name"),
                 "\"%s\" is a user of the system; the agent has one of its own", agent);
    for (size_t i = 0; ours[i]; i++)
        if (strncmp(agent, ours[i], strlen(ours[i])) == 0 &&
            strcmp(agent + strlen(ours[i]), spec->name.s) == 0)
            complain(reading, at_value(spec->user.at, "name"),
                     "\"%s\" is another user or group of this sandbox", agent);
    for (size_t i = 0; i < spec->operators.n; i++) {
        const char *operator= spec->operators.v[i].s;
        if (words_equal_ignoring_case(operator, agent))
            complain(reading, at_item(spec->at, "operators", operator),
                     "\"%s\" is the agent; an operator is someone else", operator);
        for (size_t k = 0; k < i; k++)
            if (words_equal_ignoring_case(operator, spec->operators.v[k].s))
                complain(reading, at_item(spec->at, "operators", operator),
                         "sudo does not tell \"%s\" from \"%s\"; name one of them", operator,
                         spec->operators.v[k].s);
    }
}

void check_uid(struct reading *reading, const struct spec *spec) {
    if (spec->user.uid % 2)
        complain(reading, at_value(spec->user.at, "uid"),
                 "\"uid\" must be even: %" PRId64 " is the proxy's user of %" PRId64,
                 spec->user.uid, spec->user.uid - 1);
    else if (29000 + spec->user.uid / 2 == spec->user.uid ||
             29000 + spec->user.uid / 2 == spec->user.uid + 1) /* plan.c */
        complain(reading, at_value(spec->user.at, "uid"),
                 "the group that agent and operators share would have an id of the agent's or the "
                 "proxy's: 29000 + \"uid\" / 2; take another");
}

void check_hosts(struct reading *reading, const struct spec *spec) {
    static const struct {
        enum host_kind kind;
        bool darwin;
        const char *message;
    } fits[] = {
        {HOST_NIXOS, false, "\"nixos\" is a Linux system; on macOS the kind is \"darwin\""},
        {HOST_DARWIN, true, "\"darwin\" is nix-darwin, for macOS; on Linux the kind is \"nixos\""},
        {HOST_SYSTEM_MANAGER, false, "\"system-manager\" is for Linux"},
        {HOST_WSL, false, "\"wsl\" is a Linux system on Windows"},
    };
    for (size_t i = 0; i < spec->hosts.n; i++) {
        const struct host *host = &spec->hosts.v[i];
        for (size_t k = 0; k < sizeof fits / sizeof *fits; k++)
            if (host->kind == fits[k].kind && host_is_darwin(host) != fits[k].darwin)
                complain(reading, at_value(host->at, "kind"), "%s", fits[k].message);
    }
}

void check_targets(struct reading *reading, const struct spec *spec) {
    if (spec->unenforced == UNENFORCED_ACCEPT)
        return;
    for (size_t i = 0; i < gaps_count; i++) {
        const struct gap *gap = &gaps[i];
        const struct host *host = gap_diagnostic(gap, spec);
        if (!host)
            continue;
        written at = gap->at(spec, host);
        complain(reading, at ? at_value(at, gap->name) : at_object(spec->at),
                 "host \"%s\" cannot enforce \"%s\": %s; leave it out, or say "
                 "\"unenforced\": \"accept\" to have it stated in the README",
                 host->name.s, gap->key, gap->why);
    }
}
