/* A settings file of Claude Code: permissions, sandbox and env. Paths in its permissions begin with
 * two slashes where they are absolute (docs.claude.com, "Identity and Access Management"). */
#include "import/import_sandbox.h"

#include <string.h>

/* What stands between the brackets of TOOL(...); NULL: it is of another tool. */
static const char *inside(struct arena *arena, const char *rule, const char *tool) {
    size_t n = strlen(tool), length = strlen(rule);
    if (strncmp(rule, tool, n) != 0 || rule[n] != '(' || rule[length - 1] != ')')
        return NULL;
    return arena_copy_n(arena, rule + n + 1, length - n - 2);
}

static const char *domain_of(struct arena *arena, const char *rule) {
    const char *words = inside(arena, rule, "WebFetch");
    return words && strncmp(words, "domain:", 7) == 0 ? words + 7 : NULL;
}

/* //x is /x; what begins otherwise is of the settings' own folder, or of a home. */
static const char *path_of(struct arena *arena, const char *rule, const char *tool) {
    const char *path = inside(arena, rule, tool);
    return !path ? NULL : strncmp(path, "//", 2) == 0 ? path + 1 : *path == '~' ? path : "";
}

/* A tool that is denied whole: what is allowed of it is not. */
static bool is_denied(const struct importing *importing, const char *tool) {
    const json_t *permissions = json_object_get(importing->document->root, "permissions");
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(permissions, "deny"), i, one) {
        const char *rule = json_string_value(one);
        if (rule && strcmp(rule, tool) == 0)
            return true;
    }
    return false;
}

static void take_allowed(struct importing *importing, struct aim aim, const char *rule) {
    struct arena *arena = importing->reading->arena;
    const char *domain = domain_of(arena, rule), *read = path_of(arena, rule, "Read");
    const char *edit = path_of(arena, rule, "Edit");
    if (domain && is_denied(importing, "WebFetch"))
        import_note(importing, aim, "\"%s\" is denied by \"WebFetch\" in deny", rule);
    else if (domain)
        import_domain(importing, aim, domain, true);
    else if (edit && *edit == '/')
        import_path(importing, aim, edit, false);
    else if (read && *read == '/')
        import_later(importing, LATER_READ, aim, read);
    else if (read || edit)
        import_note(importing, aim, "\"%s\" is no absolute path: name the folder as a workspace",
                    rule);
    else if (strcmp(rule, "WebFetch") == 0 || strcmp(rule, "WebSearch") == 0)
        import_note(importing, aim, "\"%s\" may ask any host: name those that it needs in rules",
                    rule);
    else
        import_note(importing, aim, "\"%s\": what is run is not judged, but what it may reach",
                    rule);
}

static void take_refused(struct importing *importing, struct aim aim, const char *rule) {
    struct arena *arena = importing->reading->arena;
    const char *domain = domain_of(arena, rule), *read = path_of(arena, rule, "Read");
    const char *edit = path_of(arena, rule, "Edit");
    if (domain)
        import_later(importing, LATER_DENIED, aim, domain);
    else if (read)
        import_later(importing, LATER_DENY_READ, aim, *read ? read : rule);
    else if (edit)
        import_later(importing, LATER_DENY_WRITE, aim, *edit ? edit : rule);
    else if (strcmp(rule, "WebFetch") != 0 && strcmp(rule, "WebSearch") != 0)
        import_note(importing, aim, "\"%s\": what is run is not judged, but what it may reach",
                    rule);
}

static void take_asked(struct importing *importing, struct aim aim, const char *rule) {
    import_note(importing, aim, "\"%s\": nobody is asked while a session runs", rule);
}

static void take_allow(struct importing *importing, const json_t *object, const char *key,
                       const json_t *value) {
    import_each(importing, object, key, value, take_allowed);
}

static void take_deny(struct importing *importing, const json_t *object, const char *key,
                      const json_t *value) {
    import_each(importing, object, key, value, take_refused);
}

static void take_ask(struct importing *importing, const json_t *object, const char *key,
                     const json_t *value) {
    import_each(importing, object, key, value, take_asked);
}

static const struct import_key permission_keys[] = {
    {"allow", take_allow, NULL},
    {"deny", take_deny, NULL},
    {"ask", take_ask, NULL},
    {"additionalDirectories", import_writable, NULL},
    {"defaultMode", NULL, "it is Claude Code's own: put it into its settings, a dotfile"},
    {"disableBypassPermissionsMode", NULL,
     "it is Claude Code's own: managed in the spec says that"},
};

static void take_permissions(struct importing *importing, const json_t *object, const char *key,
                             const json_t *value) {
    if (import_is(importing, object, key, value, JSON_OBJECT))
        IMPORT_WALK(importing, value, permission_keys);
}

static const struct import_key sandbox_keys[] = {
    {"enabled", NULL, NULL},
    {"network", import_sandbox_network, NULL},
    {"filesystem", import_sandbox_files, NULL},
    {"credentials", import_sandbox_credentials, NULL},
    {"autoAllowBashIfSandboxed", NULL, NULL},
    {"excludedCommands", NULL, "no command runs outside of a session"},
    {"allowUnsandboxedCommands", NULL, "no command runs outside of a session"},
    {"enableWeakerNestedSandbox", NULL, "no weaker sandbox is made for a container"},
};

static void take_sandbox(struct importing *importing, const json_t *object, const char *key,
                         const json_t *value) {
    if (import_is(importing, object, key, value, JSON_OBJECT))
        IMPORT_WALK(importing, value, sandbox_keys);
}

static void take_environment(struct importing *importing, const json_t *object, const char *key,
                             const json_t *value) {
    const char *name;
    json_t *variable;
    if (!import_is(importing, object, key, value, JSON_OBJECT))
        return;
    json_object_foreach((json_t *)(uintptr_t)value, name, variable) {
        if (json_is_string(variable))
            import_variable(importing, import_key_aim(value, name), name,
                            json_string_value(variable));
        else
            import_note(importing, import_key_aim(value, name), "\"%s\" is no text", name);
    }
}

#define OWN "it is Claude Code's own: put it into its settings, a dotfile"
static const struct import_key keys[] = {
    {"$schema", NULL, NULL},
    {"permissions", take_permissions, NULL},
    {"sandbox", take_sandbox, NULL},
    {"env", take_environment, NULL},
    {"model", NULL, OWN},
    {"hooks", NULL, OWN},
    {"statusLine", NULL, OWN},
    {"outputStyle", NULL, OWN},
    {"includeCoAuthoredBy", NULL, OWN},
    {"enabledPlugins", NULL, OWN},
    {"apiKeyHelper", NULL, "name a credential, with a command as its source"},
    {"allowManagedPermissionRulesOnly", NULL,
     "it is Claude Code's own: managed in the spec says that"},
    {"allowManagedHooksOnly", NULL, "it is Claude Code's own: managed in the spec says that"},
};

static void read_all(struct importing *importing) {
    IMPORT_WALK(importing, importing->document->root, keys);
}

const struct import_format import_claude_code = {"claude-code", "a settings file of Claude Code",
                                                 false, "claude-code", read_all};
