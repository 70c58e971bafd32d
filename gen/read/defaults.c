#include "read/defaults.h"
#include "base/die.h"
#include "base/embedded.h"
#include "plan/flake_inputs.h"

#include <string.h>

/* systemd leaves these to local use (systemd.io/UIDS-GIDS); macOS takes them too. Even uids are
 * agents', the odd one above is the proxy's. */
enum { UID_FIRST = 60578, UID_LAST = 61183 };

/* FNV-1a, 32 bits: spreads names; it protects nothing. */
static uint32_t hash(const char *s) {
    uint32_t h = 2166136261u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

int64_t default_uid(const char *name) {
    return UID_FIRST + 2 * (int64_t)(hash(name) % ((UID_LAST - UID_FIRST + 1) / 2));
}

static void fill_user(struct arena *arena, struct spec *spec) {
    struct user *user = &spec->user;
    if (!user->name.s)
        user->name.s = arena_printf(arena, "agent-%s", spec->name.s);
    if (!user->uid)
        user->uid = default_uid(spec->name.s);
}

/* macOS's system volume is sealed: new folders are made in these alone. */
bool darwin_can_have(const char *path) {
    static const char *const places[] = {"/Users/", "/Volumes/", "/opt/", NULL};
    for (size_t i = 0; places[i]; i++)
        if (strncmp(path, places[i], strlen(places[i])) == 0)
            return true;
    return false;
}

/* /Users holds the homes there, and /Users/Shared is everyone's. */
const char *default_darwin_path(struct arena *arena, const char *path) {
    if (strncmp(path, "/home/", 6) == 0)
        return arena_printf(arena, "/Users/%s", path + 6);
    if (strncmp(path, "/srv/", 5) == 0)
        return arena_printf(arena, "/Users/Shared/%s", path + 5);
    return darwin_can_have(path) ? path : arena_printf(arena, "/Users/Shared%s", path);
}

static void fill_workspaces(struct arena *arena, struct spec *spec) {
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        struct workspace *w = &spec->workspaces.v[i];
        if (!w->darwin_path.s && w->path.s)
            w->darwin_path.s = default_darwin_path(arena, w->path.s);
    }
}

static void fill_credentials(struct arena *arena, struct spec *spec) {
    for (size_t i = 0; i < spec->credentials.n; i++) {
        struct credential *c = &spec->credentials.v[i];
        if (!c->placeholder.s && c->name.s)
            c->placeholder.s = arena_printf(arena, "placeholder-%s-%s", spec->name.s, c->name.s);
        c->ask = c->ask || c->inject.path || c->inject.aws; /* there is no other place for it */
    }
}

/* The pins that this version ships, as a spec that has nothing else. */
static const struct spec *shipped_pins(struct reading *reading) {
    const struct embedded *file = embedded_find("templates/pins.json");
    json_t *pins = file ? json_loadb(file->data, file->length, 0, NULL) : NULL;
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    if (!pins)
        die("the shipped pins are no JSON");
    json_t *root = reading_keep(reading, json_pack("{s:o}", "inputs", pins));
    json_decref(root);
    size_t before = diagnostics_count(reading->diagnostics);
    read_object(reading, &spec_object, root, spec, READ_PART);
    if (diagnostics_count(reading->diagnostics) != before)
        die("the shipped pins are no valid inputs");
    return spec;
}

static const struct input *find_input(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < spec->inputs.n; i++)
        if (strcmp(spec->inputs.v[i].name.s, name) == 0)
            return &spec->inputs.v[i];
    return NULL;
}

const char *shipped_url(struct reading *reading, const char *name) {
    const struct input *pin = find_input(shipped_pins(reading), name);
    return pin ? pin->url.s : NULL;
}

/* Sorted, as every map is: both lists are, and the union is made in order. */
static void fill_inputs(struct reading *reading, struct spec *spec) {
    const struct spec *pins = shipped_pins(reading);
    size_t most = spec->inputs.n + pins->inputs.n, n = 0, own = 0;
    struct input *all = arena_alloc(reading->arena, most * sizeof *all);
    for (size_t i = 0; i < pins->inputs.n; i++) {
        const struct input *pin = &pins->inputs.v[i];
        while (own < spec->inputs.n && strcmp(spec->inputs.v[own].name.s, pin->name.s) < 0)
            all[n++] = spec->inputs.v[own++];
        if (!find_input(spec, pin->name.s) && flake_needs_named(spec, pin->name.s))
            all[n++] = *pin;
    }
    while (own < spec->inputs.n)
        all[n++] = spec->inputs.v[own++];
    spec->inputs.v = all;
    spec->inputs.n = n;
}

static bool inject_says(const struct inject *inject) {
    return inject->header.s || inject->authorization.s || inject->basic.s || inject->query.s ||
           inject->path || inject->json.s || inject->aws;
}

/* The login of an MCP server goes there and nowhere else. */
static void fill_logins(struct arena *arena, struct spec *spec) {
    for (size_t i = 0; i < spec->logins.n; i++) {
        struct login *login = &spec->logins.v[i];
        if (!login->mcp.port || login->hosts.n || login->paths.n || !login->mcp.host.s)
            continue;
        login->hosts.v = arena_alloc(arena, sizeof *login->hosts.v);
        login->hosts.v[login->hosts.n++] = (struct host_pattern){login->mcp.host, false};
        login->paths.v = arena_alloc(arena, sizeof *login->paths.v);
        login->paths.v[login->paths.n++] = (struct text){login->mcp.path.s};
        login->inject.bearer = login->inject.bearer || !inject_says(&login->inject);
    }
}

void fill_defaults(struct reading *reading, struct spec *spec) {
    if (spec->name.s) {
        fill_user(reading->arena, spec);
        fill_credentials(reading->arena, spec);
    }
    fill_logins(reading->arena, spec);
    fill_workspaces(reading->arena, spec);
    fill_rules(reading->arena, &spec->network);
    fill_inputs(reading, spec);
    /* What they built on is part of them now: the resolved spec stands alone. */
    spec->extends.n = 0;
    spec->schema.s = NULL;
}
