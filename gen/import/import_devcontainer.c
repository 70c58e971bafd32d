/* A devcontainer.json (containers.dev), and the firewall beside it. */
#include "base/whole_file.h"
#include "import/import_private.h"

#include <stdlib.h>
#include <string.h>

/* -- variables, ports -- */

static void take_environment(struct importing *importing, const json_t *object, const char *key,
                             const json_t *value) {
    const char *name;
    json_t *variable;
    if (!import_is(importing, object, key, value, JSON_OBJECT))
        return;
    json_object_foreach((json_t *)(uintptr_t)value, name, variable) {
        const char *text = json_string_value(variable);
        if (text && strstr(text, "${"))
            import_note(importing, import_key_aim(value, name),
                        "\"%s\": nothing is put in place of ${...}", name);
        else if (text)
            import_variable(importing, import_key_aim(value, name), name, text);
        else
            import_note(importing, import_key_aim(value, name), "\"%s\" is no text", name);
    }
}

static void take_ports(struct importing *importing, const json_t *object, const char *key,
                       const json_t *value) {
    size_t i;
    json_t *port;
    if (!import_is(importing, object, key, value, JSON_ARRAY))
        return;
    json_array_foreach((json_t *)(uintptr_t)value, i, port) {
        if (json_is_integer(port))
            import_add(importing, import_item_aim(object, key, i), "network", "publish",
                       json_integer(json_integer_value(port)));
        else
            import_note(importing, import_item_aim(object, key, i),
                        "only ports of the agent's own servers are published");
    }
}

/* -- folders -- */

/* The value of "source=VALUE," in docker's words; NULL: there is none. */
static const char *word_of(struct arena *arena, const char *mount, const char *name) {
    size_t n = strlen(name);
    for (const char *p = mount; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return arena_copy_n(arena, p + n + 1, strcspn(p + n + 1, ","));
    return NULL;
}

static bool is_read_only(const char *mount) {
    const char *p = strstr(mount, ",readonly");
    return (p && (p[9] == '\0' || p[9] == ',' || strncmp(p + 9, "=true", 5) == 0)) ||
           strstr(mount, ",ro,") ||
           (strlen(mount) > 3 && !strcmp(mount + strlen(mount) - 3, ",ro"));
}

static void take_mount(struct importing *importing, struct aim aim, const char *mount) {
    struct arena *arena = importing->reading->arena;
    const char *type = word_of(arena, mount, "type"), *source = word_of(arena, mount, "source");
    const char *target = word_of(arena, mount, "target");
    if (!source)
        source = word_of(arena, mount, "src");
    if (!target)
        target = word_of(arena, mount, "dst");
    if (type && strcmp(type, "bind") != 0)
        import_note(importing, aim, "a volume is no folder of a host");
    else if (!source || *source != '/')
        import_note(importing, aim,
                    "\"%s\" is a folder of whoever starts it: name it as a workspace, by its "
                    "absolute path",
                    source ? source : mount);
    else if (target && strcmp(source, target) != 0)
        import_note(importing, aim, "a workspace has one path, inside and outside: not \"%s\"",
                    target);
    else
        import_path(importing, aim, source, is_read_only(mount));
}

static void take_mounts(struct importing *importing, const json_t *object, const char *key,
                        const json_t *value) {
    size_t i;
    json_t *mount;
    if (!import_is(importing, object, key, value, JSON_ARRAY))
        return;
    json_array_foreach((json_t *)(uintptr_t)value, i, mount) {
        struct aim aim = import_item_aim(object, key, i);
        const char *type = json_string_value(json_object_get(mount, "type"));
        const char *source = json_string_value(json_object_get(mount, "source"));
        const char *target = json_string_value(json_object_get(mount, "target"));
        if (json_is_string(mount))
            take_mount(importing, aim, json_string_value(mount));
        else
            take_mount(importing, aim,
                       arena_printf(importing->reading->arena, "type=%s%s%s,target=%s",
                                    type ? type : "bind", source ? ",source=" : "",
                                    source ? source : "", target ? target : ""));
    }
}

static void take_workspace(struct importing *importing, const json_t *object, const char *key,
                           const json_t *value) {
    if (import_is(importing, object, key, value, JSON_STRING))
        take_mount(importing, import_key_aim(object, key), json_string_value(value));
}

/* -- arguments of docker -- */

static void take_memory(struct importing *importing, struct aim aim, const char *text) {
    static const struct {
        char letter;
        json_int_t bytes;
    } units[] = {{'b', 1}, {'k', 1 << 10}, {'m', 1 << 20}, {'g', 1 << 30}, {'\0', 1}};
    static const char *const letters[] = {"K", "M", "G"};
    char *end;
    long long n = strtoll(text, &end, 10);
    size_t i = 0, unit = 0;
    while (i < 4 && (*end | 0x20) != units[i].letter)
        i++;
    if (n <= 0 || n > INT64_MAX >> 30 || (*end && end[1]))
        n = 0;
    n = n * units[i].bytes / 1024;
    for (; unit < 2 && n && n % 1024 == 0; unit++)
        n /= 1024;
    import_set(importing, aim, "limits", "memory", json_sprintf("%lld%s", n, letters[unit]));
}

static void take_number(struct importing *importing, struct aim aim, const char *limit,
                        const char *text) {
    char *end;
    long n = strtol(text, &end, 10);
    if (*end)
        import_note(importing, aim, "limits.%s is a whole number", limit);
    else
        import_set(importing, aim, "limits", limit, json_integer(n));
}

static void take_argument(struct importing *importing, struct aim aim, const char *argument) {
    const char *value = strchr(argument, '=');
    size_t n = value ? (size_t)(value - argument) : strlen(argument);
    if (value && n == 8 && strncmp(argument, "--memory", n) == 0)
        take_memory(importing, aim, value + 1);
    else if (value && n == 6 && strncmp(argument, "--cpus", n) == 0)
        take_number(importing, aim, "cpus", value + 1);
    else if (value && n == 12 && strncmp(argument, "--pids-limit", n) == 0)
        take_number(importing, aim, "tasks", value + 1);
    else if (strcmp(argument, "--cap-drop=ALL") != 0 &&
             strcmp(argument, "--security-opt=no-new-privileges") != 0 &&
             strcmp(argument, "--cap-add=NET_ADMIN") != 0 &&
             strcmp(argument, "--cap-add=NET_RAW") != 0) /* the firewall's, not the agent's */
        import_note(importing, aim, "\"%s\": no container is run", argument);
}

static void take_arguments(struct importing *importing, const json_t *object, const char *key,
                           const json_t *value) {
    import_each(importing, object, key, value, take_argument);
}

#define IMAGE "a spec has no image: packages names what the agent finds"
#define COMMAND "nothing is run by a spec: what it would install is a package"
static const struct import_key keys[] = {
    {"$schema", NULL, NULL},
    {"name", NULL, NULL},
    {"build", NULL, IMAGE},
    {"image", NULL, IMAGE},
    {"features", NULL, IMAGE},
    {"dockerComposeFile", NULL, IMAGE},
    {"customizations", NULL, "an editor's settings are a workspace's own"},
    {"containerEnv", take_environment, NULL},
    {"remoteEnv", take_environment, NULL},
    {"containerUser", NULL, NULL},
    {"remoteUser", NULL, NULL},
    {"updateRemoteUserUID", NULL, NULL},
    {"overrideCommand", NULL, NULL},
    {"init", NULL, NULL},
    {"shutdownAction", NULL, NULL},
    {"privileged", NULL, "a session has no privileges"},
    {"capAdd", NULL, "a session has no capability"},
    {"securityOpt", NULL, "a session has no privileges"},
    {"mounts", take_mounts, NULL},
    {"workspaceMount", take_workspace, NULL},
    {"workspaceFolder", NULL, NULL},
    {"forwardPorts", take_ports, NULL},
    {"portsAttributes", NULL, "an editor's settings are a workspace's own"},
    {"runArgs", take_arguments, NULL},
    {"hostRequirements", NULL, "it is the least that a machine has to have; limits are the most"},
    {"initializeCommand", NULL, COMMAND},
    {"onCreateCommand", NULL, COMMAND},
    {"updateContentCommand", NULL, COMMAND},
    {"postCreateCommand", NULL, COMMAND},
    {"postAttachCommand", NULL, COMMAND},
    {"waitFor", NULL, NULL},
};

static void take_start(struct importing *importing, const json_t *object) {
    const json_t *value = json_object_get(object, "postStartCommand");
    const char *start = json_string_value(value);
    if (value && !json_is_null(value) && (!start || !strstr(start, "firewall")))
        import_note(importing, import_key_aim(object, "postStartCommand"), COMMAND);
    json_object_del((json_t *)(uintptr_t)object, "postStartCommand");
}

static void read_all(struct importing *importing) {
    take_start(importing, importing->document->root);
    IMPORT_WALK(importing, importing->document->root, keys);
    import_firewall(importing);
}

const struct import_format import_devcontainer = {
    "devcontainer", "a dev container, and the init-firewall.sh beside it", true, NULL, read_all};
