/* init: a starter spec, and the schema beside it. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/embedded.h"
#include "cmd/command.h"
#include "doc/doc.h"
#include "read/load.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA_FILE "agent-sandbox.schema.json"

/* A sandbox's name from the working folder's; "demo" when nothing of it fits. */
static void name_from_folder(char name[21]) {
    char folder[4096];
    size_t n = 0;
    const char *base = getcwd(folder, sizeof folder) ? strrchr(folder, '/') : NULL;
    for (const char *p = base ? base + 1 : ""; *p && n < 20; p++) {
        char c = (char)tolower((unsigned char)*p);
        if (islower((unsigned char)c) || (n && (isdigit((unsigned char)c) || c == '-')))
            name[n++] = c;
    }
    while (n && name[n - 1] == '-')
        n--;
    name[n] = '\0';
    if (!n)
        memcpy(name, "demo", 5);
}

/* Who will operate it: the person, also behind sudo. NULL when that is root alone. */
static const char *operator_name(void) {
    const char *name = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());
    if (!name || !*name)
        name = user ? user->pw_name : NULL;
    void *unused[2];
    struct arena *arena = arena_new();
    bool fits =
        name && strcmp(name, "root") != 0 && !type_operator.parse(arena, name, (void *)unused);
    arena_free(arena);
    return fits ? name : NULL;
}

static bool known_agents(const struct call *call) {
    struct reading *reading = reading_new(NULL);
    bool all = true;
    for (size_t i = 0; i < call->agent_count; i++) {
        struct words_nearest nearest = {.wanted = call->agents[i]};
        const char *list = "";
        bool found = false;
        for (size_t k = 0; preset_name(reading, k); k++) {
            const char *name = preset_name(reading, k);
            found = found || strcmp(name, call->agents[i]) == 0;
            words_offer(&nearest, name);
            list = arena_printf(reading->arena, "%s%s%s", list, k ? ", " : "", name);
        }
        all = all && found;
        if (!found && nearest.best)
            command_fail(EXIT_WRONG, "no preset is called \"%s\"; did you mean \"%s\"?",
                         call->agents[i], nearest.best);
        else if (!found)
            command_fail(EXIT_WRONG, "no preset is called \"%s\"; there are: %s", call->agents[i],
                         list);
    }
    reading_free(reading);
    return all;
}

/* Every string in a fragment, with "{name}" replaced. */
static json_t *named(const json_t *value, const char *name) {
    const char *s = json_string_value(value), *hole = s ? strstr(s, "{name}") : NULL;
    if (hole)
        return json_sprintf("%.*s%s%s", (int)(hole - s), s, name, hole + 6);
    json_t *copy = json_copy((json_t *)value);
    const char *key;
    size_t i;
    json_t *child;
    json_object_foreach((json_t *)value, key, child)
        json_object_set_new(copy, key, named(child, name));
    json_array_foreach(value, i, child) json_array_set_new(copy, i, named(child, name));
    return copy;
}

/* Two agents of one maker bring the same credential; it is written once. */
static bool has(const json_t *credentials, const json_t *one) {
    size_t i;
    json_t *value;
    json_array_foreach(credentials, i, value) if (json_equal(value, (json_t *)one)) return true;
    return false;
}

static void add_credentials(json_t *credentials, const char *agent, const char *name) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "templates/init/%s.json", agent);
    const struct embedded *file = embedded_find(path.data);
    json_t *fragment = file ? json_loadb(file->data, file->length, 0, NULL) : NULL, *value;
    size_t i;
    json_array_foreach(json_object_get(fragment, "credentials"), i, value) {
        json_t *filled = named(value, name);
        if (!has(credentials, filled))
            json_array_append(credentials, filled);
        json_decref(filled);
    }
    json_decref(fragment);
}

static char *starter(const struct call *call) {
    char name[21];
    const char *operator= operator_name();
    name_from_folder(name);
    json_t *agents = json_array(), *credentials = json_array(), *operators = json_array();
    for (size_t i = 0; i < call->agent_count; i++) {
        json_array_append_new(agents, json_string(call->agents[i]));
        add_credentials(credentials, call->agents[i], name);
    }
    if (operator)
        json_array_append_new(operators, json_string(operator));
    json_t *spec = json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:{s:[s, s]}, s:[{s:o}], s:{s:[]}, s:o, s:{s:s, s:i, s:i, s:s}, "
        "s:s}",
        "$schema", "./" SCHEMA_FILE, "version", 1, "name", name, "agents", agents, "operators",
        operators, "packages", "nix", "git", "ripgrep", "workspaces", "path",
        json_sprintf("/srv/agent-sandbox/%s", name), "network", "rules", "credentials", credentials,
        "limits", "memory", "8G", "cpus", 4, "tasks", 1024, "session", "8h", "unenforced",
        "accept");
    char *text = json_dumps(spec, JSON_INDENT(2));
    json_decref(spec);
    if (!text)
        die("the starter spec can't be written");
    return text;
}

static enum exit_code write_new(const char *path, const char *text, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        return command_fail(EXIT_WRONG, "%s exists already; it is left as it is", path);
    if (fd < 0)
        return command_fail(EXIT_FAILED, "can't write %s: %s", path, strerror(errno));
    while (n > 0) {
        ssize_t got = write(fd, text, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        text += got, n -= (size_t)got;
    }
    if (close(fd) < 0 || n > 0)
        return command_fail(EXIT_FAILED, "can't write %s: %s", path, strerror(errno));
    return EXIT_DONE;
}

/* Beside the spec, unless a schema is there already: every version writes the same name. */
static enum exit_code write_schema_beside(const char *spec) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf text = {0};
    const char *slash = strrchr(spec, '/');
    buf_add(&path, spec, slash ? (size_t)(slash - spec) + 1 : 0);
    buf_str(&path, SCHEMA_FILE);
    if (access(path.data, F_OK) == 0)
        return EXIT_DONE;
    doc_schema(&text);
    return write_new(path.data, text.data, text.len);
}

enum exit_code run_init(const struct call *call) {
    const char *path = call->output ? call->output : "agent-sandbox.json";
    if (!known_agents(call))
        return EXIT_WRONG;
    CHAR_CLEANUP char *json = starter(call);
    BUF_CLEANUP struct buf text = {0};
    buf_printf(&text, "%s\n", json);
    if (strcmp(path, "-") == 0) {
        fwrite(text.data, 1, text.len, stdout);
        return EXIT_DONE;
    }
    enum exit_code code = write_new(path, text.data, text.len);
    if (code == EXIT_DONE)
        code = write_schema_beside(path);
    if (code == EXIT_DONE)
        printf("wrote %s; next: agent-sandbox up%s%s\n", path,
               strcmp(path, "agent-sandbox.json") ? " " : "",
               strcmp(path, "agent-sandbox.json") ? path : "");
    return code;
}
