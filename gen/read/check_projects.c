/* Checks of folders of projects: none is what the system or an operator runs from, and none is
 * shared in two ways. */
#include "read/check.h"

#include <string.h>

static bool is_or_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* A root of somebody's home, as it would be called there. */
static const char *in_home(struct reading *reading, const char *root, const char *person) {
    return *root == '~' ? arena_printf(reading->arena, "/home/%s%s", person, root + 1) : root;
}

static const char *why_no_root(struct reading *reading, const char *root) {
    if (*root == '/' && !strchr(root + 1, '/'))
        return "the whole of a top folder is too much; name a folder in it";
    return workspace_place_wrong(in_home(reading, root, "-"));
}

static void check_root(struct reading *reading, const struct spec *spec, const char *root) {
    struct aim aim = at_item(spec->projects.at, "roots", root);
    const char *why = why_no_root(reading, root);
    if (why)
        complain(reading, aim, "\"%s\" can't have projects: %s", root, why);
    else if (spec->user.name.s &&
             is_or_below(root, arena_printf(reading->arena, "/home/%s", spec->user.name.s)))
        complain(reading, aim, "the agent's home is its own already; projects are shared");
}

/* As the two are written, and as an operator finds them who is called so; one folder is told of the
 * later one. */
static void check_two(struct reading *reading, const struct spec *spec, bool later,
                      const char *root, const char *other, const char *person) {
    const char *a = in_home(reading, root, person), *b = in_home(reading, other, person);
    bool same = strcmp(a, b) == 0;
    if (same && later)
        complain(reading, at_item(spec->projects.at, "roots", other),
                 "\"%s\" and \"%s\" are one folder to %s", root, other, person);
    else if (!same && is_or_below(b, a))
        complain(reading, at_item(spec->projects.at, "roots", other),
                 "\"%s\" lies inside \"%s\", whose projects have it already", other, root);
}

static void check_workspace(struct reading *reading, const struct spec *spec, const char *root,
                            const struct workspace *w, const char *person) {
    const char *path = in_home(reading, root, person);
    if (!w->path.s)
        return;
    if (is_or_below(w->path.s, path))
        complain(reading, at_value(w->at, "path"),
                 "\"%s\" lies below \"%s\", which has projects: it is one of them, or lies in one",
                 w->path.s, root);
    else if (is_or_below(path, w->path.s))
        complain(reading, at_item(spec->projects.at, "roots", root),
                 "\"%s\" lies inside the workspace \"%s\", which every session sees", root,
                 w->path.s);
}

static void check_around(struct reading *reading, const struct spec *spec, size_t i,
                         const char *person) {
    const struct projects *projects = &spec->projects;
    for (size_t k = 0; k < projects->roots.n; k++)
        if (k != i)
            check_two(reading, spec, k > i, projects->roots.v[i].s, projects->roots.v[k].s, person);
    for (size_t k = 0; k < spec->workspaces.n; k++)
        check_workspace(reading, spec, projects->roots.v[i].s, &spec->workspaces.v[k], person);
}

void check_projects(struct reading *reading, const struct spec *spec) {
    const struct projects *projects = &spec->projects;
    if (!json_object_get(spec->at, "projects"))
        return;
    if (!projects->roots.n)
        complain(reading, at_value(spec->at, "projects"),
                 "\"projects\" needs \"roots\", the folders that they lie below");
    else if (!spec->operators.n)
        complain(reading, at_value(spec->at, "projects"),
                 "nobody could begin a session in a project: \"operators\" names none");
    for (size_t i = 0; i < projects->roots.n; i++) {
        check_root(reading, spec, projects->roots.v[i].s);
        check_around(reading, spec, i, spec->operators.n ? spec->operators.v[0].s : "-");
    }
}
