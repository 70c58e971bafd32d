#include "render/units.h"
#include "base/sha256.h"

#include <string.h>

enum { GIVEN_DIGITS = 16 };

struct visit {
    const struct plan *plan;
    void (*each)(struct name file, bool start, void *context);
    void *context;
};

void forward_name(const struct plan *plan, enum forward forward, int64_t port, struct buf *out) {
    buf_name(out, plan->prefix);
    if (forward == FORWARD_LOCAL)
        buf_lit(out, "-local-");
    else
        buf_lit(out, "-publish-");
    buf_uint(out, (uint64_t)port);
}

static void hand_over(const struct visit *visit, const struct buf *file, bool start) {
    visit->each((struct name){file->data}, start, visit->context);
}

#define UNIT(visit, suffix, start)                                                                 \
    do {                                                                                           \
        BUF_CLEANUP struct buf file = {0};                                                         \
        buf_name(&file, (visit)->plan->prefix);                                                    \
        buf_lit(&file, suffix);                                                                    \
        hand_over((visit), &file, (start));                                                        \
    } while (0)

static void visit_forward(const struct visit *visit, enum forward forward, int64_t port) {
    BUF_CLEANUP struct buf socket = {0}, service = {0};
    forward_name(visit->plan, forward, port, &socket);
    buf_lit(&socket, ".socket");
    hand_over(visit, &socket, true);
    forward_name(visit->plan, forward, port, &service);
    buf_lit(&service, ".service");
    hand_over(visit, &service, false);
}

void buf_given(struct buf *out, struct path state, const struct credential *credential) {
    const char *command = credential->source.command.s;
    char hex[65];
    sha256_hex(command, strlen(command), hex);
    buf_path(out, state);
    buf_lit(out, "/given/");
    buf_name(out, credential->name);
    buf_lit(out, "-");
    hex[GIVEN_DIGITS] = '\0';
    buf_name(out, (struct name){hex});
}

bool loads_secrets(const struct plan *plan) {
    for (size_t i = 0; i < plan->handed.n; i++)
        if (plan->handed.v[i].source.kind != SOURCE_KEYCHAIN)
            return true;
    return false;
}

/* The firewall first: what follows is bound to it. */
void linux_units(const struct plan *plan, void (*each)(struct name file, bool start, void *context),
                 void *context) {
    const struct visit visit = {plan, each, context};
    BUF_CLEANUP struct buf slice = {0};
    buf_name(&slice, plan->table);
    buf_lit(&slice, ".slice");
    hand_over(&visit, &slice, false);
    UNIT(&visit, "-nft.service", true);
    UNIT(&visit, "-netns.service", true);
    UNIT(&visit, "-egress.service", true);
    if (loads_secrets(plan)) {
        UNIT(&visit, "-secrets.path", true);
        UNIT(&visit, "-secrets.service", false);
    }
    UNIT(&visit, "-relay.socket", true);
    UNIT(&visit, "-relay.service", false);
    const struct network *network = &plan->spec->network;
    if (network->capture) {
        UNIT(&visit, "-capture.socket", true);
        UNIT(&visit, "-capture.service", false);
    }
    for (size_t i = 0; i < network->local_ports.n; i++)
        visit_forward(&visit, FORWARD_LOCAL, network->local_ports.v[i]);
    for (size_t i = 0; i < network->publish.n; i++)
        visit_forward(&visit, FORWARD_PUBLISH, network->publish.v[i]);
}
