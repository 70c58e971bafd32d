/* Checks of the proxy that what leaves goes through. */
#include "plan/plan.h"
#include "read/check.h"
#include "spec/vocabulary.h"

#include <string.h>

static void check_place(struct reading *reading, const struct upstream *upstream) {
    const char *name = upstream->proxy.host.s;
    const char *ending = name ? check_private_name(name) : NULL;
    if (ending && special_use_is_closed(ending))
        complain(reading, at_value(upstream->at, "proxy"),
                 "no name in .%s has a public address, and the proxy goes to no other", ending);
    else if (ending && !upstream->addresses.n)
        complain(reading, at_value(upstream->at, "proxy"),
                 "no name in .%s has a public address: say in \"addresses\" which ones this proxy "
                 "may have, like [\"10.1.0.0/16\"]",
                 ending);
    check_ranges(reading, upstream->at, upstream->addresses.v, upstream->addresses.n, "this proxy");
}

static void check_user(struct reading *reading, const struct spec *spec) {
    const struct upstream *upstream = &spec->network.upstream;
    bool password = type_source.is_set(&upstream->password);
    if (upstream->user.s && !password)
        complain(reading, at_value(upstream->at, "user"),
                 "\"user\" needs \"password\", which says where it is found");
    if (password && !upstream->user.s)
        complain(reading, at_value(upstream->at, "password"), "\"password\" needs \"user\"");
    const char *why = source_in_reach(reading->arena, spec, &upstream->password);
    if (why)
        complain(reading, at_value(upstream->at, "password"), "%s", why);
    for (size_t i = 0; password && i < spec->credentials.n; i++)
        if (strcmp(spec->credentials.v[i].name.s, UPSTREAM_SECRET) == 0)
            complain(reading, at_value(spec->credentials.v[i].at, "name"),
                     "the password of \"network.upstream\" is handed over by this name");
}

void check_upstream(struct reading *reading, const struct spec *spec) {
    const struct upstream *upstream = &spec->network.upstream;
    if (!upstream->proxy.port && type_source.is_set(&upstream->password) + upstream->addresses.n +
                                     upstream->except.n + (upstream->user.s != NULL))
        complain(reading, at_key(spec->network.at, "upstream"),
                 "\"upstream\" needs \"proxy\": where it listens, http://HOST:PORT or "
                 "https://HOST:PORT");
    check_place(reading, upstream);
    check_user(reading, spec);
}
