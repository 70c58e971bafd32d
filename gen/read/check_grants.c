/* Checks of what operators may grant while the agent runs. */
#include "read/check.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_WAIT = 600, SHORTEST_GRANT = 60, LONGEST_GRANT = 365 * 86400 };

static bool is_operator(const struct spec *spec, struct text name) {
    for (size_t i = 0; i < spec->operators.n; i++)
        if (strcmp(spec->operators.v[i].s, name.s) == 0)
            return true;
    return false;
}

static void check_people(struct reading *reading, const struct spec *spec) {
    const struct grants *grants = &spec->grants;
    for (size_t i = 0; i < grants->by.n; i++)
        if (!is_operator(spec, grants->by.v[i]))
            complain(reading, at_item(grants->at, "by", grants->by.v[i].s),
                     "\"%s\" is none of \"operators\", and they alone may grant",
                     grants->by.v[i].s);
}

static void check_times(struct reading *reading, const struct grants *grants) {
    if (grants->wait > LONGEST_WAIT)
        complain(reading, at_value(grants->at, "wait"),
                 "no client waits that long for an answer: 10m at most");
    if (grants->most.seconds && grants->most.seconds < SHORTEST_GRANT)
        complain(reading, at_value(grants->most.at, "for"),
                 "nothing can be granted and used in less than a minute");
    if (grants->most.seconds > LONGEST_GRANT)
        complain(reading, at_value(grants->most.at, "for"),
                 "what is needed for more than a year is a rule, with an owner and a reason");
}

static void check_program(struct reading *reading, const struct spec *spec) {
    struct source program = {.kind = SOURCE_COMMAND, .command = {spec->grants.on_ask.s}};
    if (program.command.s && source_in_reach(reading->arena, spec, &program))
        complain(reading, at_value(spec->grants.at, "on_ask"),
                 "that program would lie where the agent, or everyone, may write");
}

static bool may_be_granted(const struct grants_most *most, struct host_pattern host) {
    bool found = !most->hosts.v;
    for (size_t i = 0; i < most->hosts.n; i++)
        found = found || host_covers(most->hosts.v[i], host);
    return found;
}

static const char *spelled(struct reading *reading, struct host_pattern host) {
    return arena_printf(reading->arena, "%s%s", host.suffix ? "*." : "", host.name.s);
}

static void check_asked(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    const struct grants *grants = &spec->grants;
    if (network->ask && !grants->by.n)
        complain(reading, at_value(network->at, "ask"),
                 "nobody could answer: \"grants\" needs \"by\", the operators who may grant");
    if (network->ask && network->enforcement == ENFORCEMENT_AUDIT)
        complain(reading, at_value(network->at, "ask"),
                 "there is nothing to ask: \"audit\" lets everything pass");
    if (network->ask_hosts.n && !network->ask)
        complain(reading, at_key(network->at, "ask_hosts"), "\"ask_hosts\" needs \"ask\"");
    for (size_t i = 0; i < network->ask_hosts.n; i++) {
        const char *host = spelled(reading, network->ask_hosts.v[i]);
        if (!may_be_granted(&grants->most, network->ask_hosts.v[i]))
            complain(reading, at_item(network->at, "ask_hosts", host),
                     "nobody may grant %s: \"grants.most.hosts\" does not have it", host);
    }
    const char *const told[] = {"wait", "on_ask", "notify"};
    const bool given[] = {grants->wait != 0, grants->on_ask.s != NULL, grants->notify};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (given[i] && !network->ask)
            complain(reading, at_key(grants->at, told[i]),
                     "\"%s\" needs \"network.ask\": else nobody is asked", told[i]);
}

static void check_hosts_of_most(struct reading *reading, const struct grants_most *most) {
    for (size_t i = 0; i < most->hosts.n; i++) {
        const char *ending = check_private_name(most->hosts.v[i].name.s);
        if (ending)
            complain(reading, at_item(most->at, "hosts", spelled(reading, most->hosts.v[i])),
                     "no name in .%s has a public address, and no other can be granted", ending);
    }
}

void check_grants(struct reading *reading, const struct spec *spec) {
    check_people(reading, spec);
    check_times(reading, &spec->grants);
    check_program(reading, spec);
    check_hosts_of_most(reading, &spec->grants.most);
    check_asked(reading, spec);
}
