/* relaxes-nothing: what only a Mac knows, in a spec whose hosts are all Linux. */
#include "lint/lint_private.h"
#include "plan/gaps.h"

static const char *of_a_mac(enum relax_what what) {
    switch (what) {
#define ROW(id, word, may, meaning)                                                                \
    case RELAX_##id:                                                                               \
        return RELAX_##id == RELAX_EPHEMERAL_PORTS || RELAX_##id == RELAX_SYSTEM_TRUST ? word      \
                                                                                       : NULL;
        RELAXATIONS(ROW)
#undef ROW
    case RELAX_UNIX_SOCKET:
        break;
    }
    return NULL;
}

/* One that names no hosts is for both systems. */
static bool may_be_a_mac(const struct spec *spec) {
    for (size_t i = 0; i < spec->hosts.n; i++)
        if (host_is_darwin(&spec->hosts.v[i]))
            return true;
    return spec->hosts.n == 0;
}

void lint_relax(struct linting *lint) {
    const struct spec *spec = lint->spec;
    for (size_t i = 0; i < spec->relax.n; i++) {
        const char *word = of_a_mac(spec->relax.v[i].what);
        if (!word)
            continue;
        if (may_be_a_mac(spec))
            lint_may_find(lint, FINDING_RELAXES_NOTHING, word);
        else
            lint_find(lint, FINDING_RELAXES_NOTHING, word, at_item(spec->at, "relax", word),
                      "it changes nothing but on macOS, and every host of the spec is Linux",
                      "Take it out, or accept it for a Mac that is to come");
    }
}
