#include "judge/view.h"
#include "base/embedded.h"
#include "render/render_session.h"
#include "render/template.h"

#include <string.h>

/* What the properties make of a path, behind their '='; what stands here of no path,
 * systemd.exec(5) says of these settings. */
static const struct {
    const char *property, *path; /* NULL: the property's own words are paths */
    enum view_what what;
} properties[] = {
    {"ProtectSystem=strict", "/", VIEW_READ},
    {"ProtectHome=tmpfs", "/home", VIEW_NOT_THERE},
    {"ProtectHome=tmpfs", "/root", VIEW_NOT_THERE},
    {"ProtectHome=tmpfs", "/run/user", VIEW_NOT_THERE},
    {"PrivateTmp=yes", "/tmp", VIEW_OWN},
    {"PrivateTmp=yes", "/var/tmp", VIEW_OWN},
    {"PrivateDevices=yes", "/dev", VIEW_OWN},
    {"TemporaryFileSystem=/dev/shm:mode=1777", "/dev/shm", VIEW_OWN},
    {"ProtectProc=invisible", "/proc", VIEW_OWN},
    {"TemporaryFileSystem=", NULL, VIEW_NOT_THERE},
    {"BindPaths=", NULL, VIEW_WRITE},
    {"BindReadOnlyPaths=", NULL, VIEW_READ},
    {"InaccessiblePaths=", NULL, VIEW_HIDDEN},
};

/* Whether path is prefix, or below it. */
static bool is_in(const char *path, const char *prefix) {
    size_t n = strlen(prefix);
    return strcmp(prefix, "/") == 0 ||
           (strncmp(path, prefix, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

struct looking {
    const char *path;
    struct view *view;
};

/* The longest is the last that is mounted; of two alike the later one is what hides. */
static void offer(const struct looking *looking, const char *prefix, enum view_what what) {
    struct view *view = looking->view;
    if (is_in(looking->path, prefix) && strlen(prefix) >= strlen(view->of)) {
        view->what = what;
        view->of = prefix;
    }
}

/* SOURCE:WHERE, or what is both. */
static const char *where_of(struct arena *arena, const char *words, size_t n, bool bound) {
    char *text = arena_copy_n(arena, words, n);
    text += *text == '-';
    char *colon = strchr(text, ':');
    if (colon && bound)
        return colon + 1;
    if (colon)
        *colon = '\0';
    return text;
}

static void read_line(const struct looking *looking, struct arena *arena, const char *line,
                      size_t n) {
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        size_t length = strlen(properties[i].property);
        if (n < length || strncmp(line, properties[i].property, length) != 0)
            continue;
        if (properties[i].path)
            offer(looking, properties[i].path, properties[i].what);
        else
            offer(looking,
                  where_of(arena, line + length, n - length,
                           strncmp(line, "Bind", strlen("Bind")) == 0),
                  properties[i].what);
        if (properties[i].path && strcmp(properties[i].path, "/dev/shm") == 0)
            return;
    }
}

struct view view_of(const struct plan *plan, const char *path, struct arena *arena) {
    BUF_CLEANUP struct buf text = {0};
    struct view view = {.what = VIEW_READ, .of = "/"};
    struct looking looking = {path, &view};
    const struct embedded *file = embedded_find("templates/linux/session.properties");
    template_fill(file->data, file->length, session_holes, plan, &text);
    for (const char *line = text.data; *line;) {
        size_t n = strcspn(line, "\n");
        read_line(&looking, arena, line, n);
        line += n + (line[n] == '\n');
    }
    view.home = strcmp(view.of, plan->linux_home.s) == 0;
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *workspace = &plan->spec->workspaces.v[i];
        if (!is_in(path, workspace->path.s) || strlen(workspace->path.s) < strlen(view.of))
            continue;
        view.what = workspace->access == ACCESS_READ_ONLY ? VIEW_READ : VIEW_WRITE;
        view.of = workspace->path.s;
        view.workspace = workspace;
    }
    for (size_t i = 0; i < plan->spec->projects.roots.n; i++) {
        const char *root = plan->spec->projects.roots.v[i].s;
        if (is_in(path, root) && strcmp(path, root) != 0) {
            view.what = VIEW_WRITE;
            view.of = view.root = root;
        }
    }
    return view;
}

const char *view_word(const struct view *view) {
    static const char *const words[] = {"read-write", "read-only", "its own", "hidden",
                                        "not there"};
    return words[view->what];
}
