#include "base/die.h"
#include "import/import_private.h"
#include "judge/view.h"
#include "spec/types.h"

#include <stdlib.h>
#include <string.h>

struct later {
    enum later_what what;
    struct aim aim;
    const char *text;
};

void import_later(struct importing *importing, enum later_what what, struct aim aim,
                  const char *text) {
    importing->later =
        must_realloc(importing->later, (importing->later_count + 1) * sizeof *importing->later);
    importing->later[importing->later_count++] =
        (struct later){what, aim, arena_copy(importing->reading->arena, text)};
}

static void take_denied(struct importing *importing, struct aim aim, const char *text) {
    import_later(importing, LATER_DENIED, aim, text);
}

static void take_hidden(struct importing *importing, struct aim aim, const char *text) {
    import_later(importing, LATER_DENY_READ, aim, text);
}

static void take_kept(struct importing *importing, struct aim aim, const char *text) {
    import_later(importing, LATER_DENY_WRITE, aim, text);
}

void import_denied(struct importing *importing, const json_t *object, const char *key,
                   const json_t *value) {
    import_each(importing, object, key, value, take_denied);
}

void import_hidden(struct importing *importing, const json_t *object, const char *key,
                   const json_t *value) {
    import_each(importing, object, key, value, take_hidden);
}

void import_kept(struct importing *importing, const json_t *object, const char *key,
                 const json_t *value) {
    import_each(importing, object, key, value, take_kept);
}

/* -- hosts that are denied -- */

/* "*", "*:22": of what was taken, what it denies goes. */
static void drop_rules(struct importing *importing, const struct later *later) {
    json_t *rules = import_taken(importing, "network", "rules");
    const char *colon = strchr(later->text, ':');
    long wanted = colon ? strtol(colon + 1, NULL, 10) : 0;
    for (size_t i = json_array_size(rules); i-- > 0;) {
        const json_t *rule = json_array_get(rules, i), *ports = json_object_get(rule, "ports");
        json_int_t port = ports ? json_integer_value(json_array_get(ports, 0))
                          : json_object_get(rule, "scheme") ? 80
                                                            : 443;
        if (!wanted || wanted == port)
            json_array_remove(rules, i);
    }
}

static bool pattern_of(struct arena *arena, const char *text, struct host_pattern *host) {
    return !type_host_pattern.parse(arena, text, host);
}

/* One rule of what was taken, again for the denied host: nothing of it passes there. */
static void deny_in(struct importing *importing, const struct later *later, const json_t *rule,
                    const char *host) {
    json_t *denial = json_pack("{s:s, s:[s]}", "host", host, "deny", "/**");
    json_t *scheme = json_object_get(rule, "scheme"), *ports = json_object_get(rule, "ports");
    if (scheme)
        json_object_set(denial, "scheme", scheme);
    if (ports)
        json_object_set(denial, "ports", ports);
    import_add(importing, later->aim, "network", "rules", denial);
}

static void deny_host(struct importing *importing, const struct later *later) {
    struct arena *arena = importing->reading->arena;
    const char *colon = strrchr(later->text, ':');
    const char *host = arena_copy_n(arena, later->text,
                                    colon ? (size_t)(colon - later->text) : strlen(later->text));
    long wanted = colon ? strtol(colon + 1, NULL, 10) : 0;
    json_t *rules = import_taken(importing, "network", "rules");
    struct host_pattern denied, allowed;
    if (*later->text == '*' && (!later->text[1] || later->text[1] == ':')) {
        drop_rules(importing, later);
        return;
    }
    if (!pattern_of(arena, host, &denied)) {
        import_note(importing, later->aim, "\"%s\" is no host that a rule can name", later->text);
        return;
    }
    for (size_t i = 0, n = json_array_size(rules); i < n; i++) {
        const json_t *rule = json_array_get(rules, i), *ports = json_object_get(rule, "ports");
        json_int_t port = ports ? json_integer_value(json_array_get(ports, 0))
                          : json_object_get(rule, "scheme") ? 80
                                                            : 443;
        const char *name = json_string_value(json_object_get(rule, "host"));
        bool meets = !json_object_get(rule, "deny") && pattern_of(arena, name, &allowed) &&
                     (host_covers(allowed, denied) || host_covers(denied, allowed));
        if (meets && (!wanted || wanted == port))
            deny_in(importing, later, rule, host);
    }
}

/* -- paths -- */

/* Of a pattern, the folder that all it matches lies in. */
static const char *folder_of(struct arena *arena, const char *path) {
    size_t n = strcspn(path, "*?[");
    if (path[n])
        while (n > 1 && path[n - 1] != '/')
            n--;
    while (n > 1 && path[n - 1] == '/')
        n--;
    return arena_copy_n(arena, path, n);
}

static bool is_in(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n] || folder[n - 1] == '/');
}

/* What a session on Linux does not see; what it does not on macOS; and what is root's alone. */
static bool is_hidden(const struct plan *plan, const char *path, struct arena *arena) {
    static const char *const closed[] = {"/Users", "/Volumes", CONFIG_FOLDER, STATE_FOLDER,
                                         DARWIN_FOLDER};
    const char *folder = folder_of(arena, path);
    struct view view = view_of(plan, folder, arena);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (is_in(arena_printf(arena, "%s/", folder), closed[i]))
            return true;
    return view.what == VIEW_HIDDEN || view.what == VIEW_NOT_THERE || view.what == VIEW_OWN;
}

static void deny_read(struct importing *importing, const struct later *later,
                      const struct plan *plan) {
    if (*later->text == '~' ||
        (*later->text == '/' && is_hidden(plan, later->text, importing->reading->arena)))
        return;
    if (*later->text == '/')
        import_note(importing, later->aim,
                    "\"%s\" is there for a session, which reads what its modes allow", later->text);
    else
        import_note(importing, later->aim, "\"%s\" lies in a workspace, all of which is read",
                    later->text);
}

/* Outside of the workspaces nothing is written in any case. */
static void deny_write(struct importing *importing, const struct later *later,
                       const struct plan *plan) {
    struct arena *arena = importing->reading->arena;
    bool relative = *later->text != '/' && *later->text != '~';
    if (relative || (*later->text == '/' &&
                     view_of(plan, folder_of(arena, later->text), arena).what == VIEW_WRITE))
        import_note(importing, later->aim, "\"%s\" lies in a workspace, all of which is written",
                    later->text);
}

/* What is hidden there and not here is read in any case; what lies in what is hidden is a
 * workspace.
 */
static void read_later(struct importing *importing, const struct later *later,
                       const struct plan *plan) {
    struct arena *arena = importing->reading->arena;
    struct view view = view_of(plan, folder_of(arena, later->text), arena);
    bool opened = view.what == VIEW_HIDDEN || view.what == VIEW_NOT_THERE;
    for (size_t i = 0; i < importing->later_count; i++)
        opened = opened || (importing->later[i].what == LATER_DENY_READ &&
                            is_in(later->text, importing->later[i].text));
    if (opened && !view.workspace)
        import_path(importing, later->aim, later->text, true);
}

/* What stands in the spec by now; each value of it was tried. */
static const struct plan *plan_now(struct importing *importing, struct reading *reading) {
    CHAR_CLEANUP char *text = json_dumps(importing->spec, 0);
    const struct spec *spec = load_spec_text(reading, "import", text, strlen(text));
    return spec ? plan_make(spec, reading->arena) : NULL;
}

static void each(struct importing *importing, enum later_what what,
                 void (*judge)(struct importing *importing, const struct later *later,
                               const struct plan *plan)) {
    struct reading *reading = reading_new(diagnostics_new());
    const struct plan *plan = plan_now(importing, reading);
    for (size_t i = 0; i < importing->later_count && plan; i++)
        if (importing->later[i].what == what)
            judge(importing, &importing->later[i], plan);
    reading_drop(reading);
}

void import_late(struct importing *importing) {
    for (size_t i = 0; i < importing->later_count; i++)
        if (importing->later[i].what == LATER_DENIED)
            deny_host(importing, &importing->later[i]);
    each(importing, LATER_READ, read_later);
    each(importing, LATER_DENY_READ, deny_read);
    each(importing, LATER_DENY_WRITE, deny_write);
}
