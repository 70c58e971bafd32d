/* Checks of workspaces and sockets: what the agent may write must not be what others run. */
#include "plan/gaps.h"
#include "read/check.h"
#include "read/defaults.h"

#include <stdbool.h>
#include <string.h>

static bool is_or_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* What the system keeps its programs, settings and state in (file-hierarchy(7), hier(7)). */
static const char *const system_folders[] = {"/bin",
                                             "/boot",
                                             "/cores",
                                             "/dev",
                                             "/etc",
                                             "/lib",
                                             "/lib32",
                                             "/lib64",
                                             "/libx32",
                                             "/nix",
                                             "/opt/homebrew",
                                             "/opt/local",
                                             "/private/etc",
                                             "/private/var/db",
                                             "/proc",
                                             "/root",
                                             "/run",
                                             "/sbin",
                                             "/sys",
                                             "/tmp",
                                             "/usr",
                                             "/var",
                                             "/private/tmp",
                                             "/System",
                                             "/Library",
                                             "/Applications",
                                             "/lost+found",
                                             "/snap",
                                             "/gnu",
                                             "/init",
                                             "/private/var",
                                             "/home/linuxbrew",
                                             NULL};

static size_t depth(const char *path) {
    size_t n = 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

/* Of /home/USER/REST and /Users/USER/REST, REST; NULL for any other path. */
static const char *inside_a_home(const char *path) {
    static const char *const homes[] = {"/home/", "/Users/", NULL};
    for (size_t i = 0; homes[i]; i++) {
        size_t n = strlen(homes[i]);
        if (strncmp(path, homes[i], n) == 0 && strncmp(path, "/Users/Shared", 13) != 0) {
            const char *slash = strchr(path + n, '/');
            return slash ? slash + 1 : "";
        }
    }
    return NULL;
}

const char *workspace_place_wrong(const char *path) {
    const char *rest = inside_a_home(path);
    for (size_t i = 0; system_folders[i]; i++)
        if (is_or_below(path, system_folders[i]))
            return "it belongs to the system";
    if (depth(path) < 2)
        return "the whole of a top folder is too much; give the workspace a folder of its own";
    if (strcmp(path, "/Users/Shared") == 0)
        return "the whole of a top folder is too much; give the workspace a folder of its own";
    if (!rest)
        return NULL;
    if (!*rest)
        return "it is somebody's whole home";
    if (rest[0] == '.' || is_or_below(rest, "bin") || is_or_below(rest, "Library"))
        return "its owner's programs read and run what stands there";
    return NULL;
}

static bool on_darwin(const struct spec *spec) {
    size_t n;
    const struct host *hosts = gap_targets(spec, &n);
    for (size_t i = 0; i < n; i++)
        if (host_is_darwin(&hosts[i]) && hosts[i].at)
            return true;
    return false;
}

static bool is_agent_home(struct reading *reading, const struct spec *spec, const char *path) {
    const char *name = spec->user.name.s;
    return is_or_below(path, arena_printf(reading->arena, "/home/%s", name)) ||
           is_or_below(path, arena_printf(reading->arena, "/Users/%s", name));
}

/* false: it was complained of. */
static bool check_place(struct reading *reading, const struct spec *spec, const struct workspace *w,
                        const char *key, const char *path) {
    const char *why = workspace_place_wrong(path);
    if (why)
        complain(reading, at_value(w->at, key), "\"%s\" can't be a workspace: %s", path, why);
    else if (is_agent_home(reading, spec, path))
        complain(reading, at_value(w->at, key),
                 "the agent's home is its own already; a workspace is shared");
    else
        return true;
    return false;
}

/* Two workspaces in one place, told of the later one, or the other one inside the first. */
static bool check_two(struct reading *reading, bool later, const struct workspace *other,
                      const char *key, const char *path, const char *other_path) {
    bool same = strcmp(path, other_path) == 0;
    if (same && later)
        complain(reading, at_value(other->at, key), "\"%s\" is a workspace already", path);
    else if (!same && is_or_below(other_path, path))
        complain(reading, at_value(other->at, key), "\"%s\" lies inside the workspace \"%s\"",
                 other_path, path);
    else
        return false;
    return true;
}

/* false: a path of it was complained of. */
static bool check_places(struct reading *reading, const struct spec *spec,
                         const struct workspace *w) {
    bool given = json_object_get(w->at, "darwin_path");
    const char *key = given ? "darwin_path" : "path";
    bool right = check_place(reading, spec, w, "path", w->path.s);
    if (right || given)
        right = check_place(reading, spec, w, key, w->darwin_path.s) && right;
    if (!on_darwin(spec) || darwin_can_have(w->darwin_path.s))
        return right;
    complain(reading, at_value(w->at, key),
             "macOS can't make \"%s\": its system volume is sealed; give a \"darwin_path\" "
             "below /Users/Shared",
             w->darwin_path.s);
    return false;
}

void check_workspaces(struct reading *reading, const struct spec *spec) {
    const size_t n = spec->workspaces.n;
    const struct workspace *all = spec->workspaces.v;
    bool *right = arena_alloc(reading->arena, n * sizeof *right);
    for (size_t i = 0; i < n; i++)
        right[i] = check_places(reading, spec, &all[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            const struct workspace *w = &all[i], *other = &all[k];
            bool given = json_object_get(other->at, "darwin_path");
            /* What is wrong of itself may stand in a place that was derived from it. */
            if (k != i && !check_two(reading, k > i, other, "path", w->path.s, other->path.s) &&
                (given || (right[i] && right[k])))
                check_two(reading, k > i, other, given ? "darwin_path" : "path", w->darwin_path.s,
                          other->darwin_path.s);
        }
}

/* Sockets whose servers do as root, or as the operator, whatever they are told. */
static const char *const powerful[] = {"docker.sock",
                                       "podman.sock",
                                       "containerd.sock",
                                       "crio.sock",
                                       "system_bus_socket",
                                       "docker-containerd.sock",
                                       "lxd",
                                       "libvirt-sock",
                                       "snapd.socket",
                                       "io.systemd.Machine",
                                       "private",
                                       "agent.sock",
                                       "bus",
                                       NULL};

void check_sockets(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->relax.n; i++) {
        const struct relax *relax = &spec->relax.v[i];
        if (relax->what != RELAX_UNIX_SOCKET)
            continue;
        const char *name = strrchr(relax->socket.s, '/') + 1;
        const char *item = arena_printf(reading->arena, "unix-socket:%s", relax->socket.s);
        for (size_t k = 0; powerful[k]; k++)
            if (strcmp(name, powerful[k]) == 0)
                complain(reading, at_item(spec->at, "relax", item),
                         "who reaches \"%s\" commands the machine or its user; no sandbox is left",
                         relax->socket.s);
    }
}
