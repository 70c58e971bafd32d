/* init: a starter spec for a project's folder, and the schema beside it. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/embedded.h"
#include "cmd/command.h"
#include "cmd/init.h"
#include "cmd/new_file.h"
#include "doc/doc.h"
#include "read/load.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void init_name_from_folder(const char *folder, char name[21]) {
    size_t n = 0;
    const char *base = strrchr(folder, '/');
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

/* Who will operate it: the person, also behind sudo; for root alone, whose the project is: the
 * agent and the owner change places inside. NULL: root's. */
static const char *operator_name(const char *folder) {
    const char *name = getenv("SUDO_USER");
    struct stat info;
    uid_t uid = getuid() == 0 && stat(folder, &info) == 0 ? info.st_uid : getuid();
    const struct passwd *user = getpwuid(uid);
    if (!name || !*name)
        name = user ? user->pw_name : NULL;
    void *unused[2];
    struct arena *arena = arena_new();
    bool fits =
        name && strcmp(name, "root") != 0 && !type_operator.parse(arena, name, (void *)unused);
    arena_free(arena);
    return fits ? name : NULL;
}

typedef const char *name_at(struct reading *reading, size_t index);

static bool knows(const char *const *names, size_t n, name_at *at, const char *what) {
    struct reading *reading = reading_new(NULL);
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        struct words_nearest nearest = {.wanted = names[i]};
        const char *list = "";
        bool found = false;
        for (size_t k = 0; at(reading, k); k++) {
            const char *name = at(reading, k);
            found = found || strcmp(name, names[i]) == 0;
            words_offer(&nearest, name);
            list = arena_printf(reading->arena, "%s%s%s", list, k ? ", " : "", name);
        }
        all = all && found;
        if (!found && nearest.best)
            command_fail(EXIT_WRONG, "no preset%s is called \"%s\"; did you mean \"%s\"?", what,
                         names[i], nearest.best);
        else if (!found)
            command_fail(EXIT_WRONG, "no preset%s is called \"%s\"; there are: %s", what, names[i],
                         list);
    }
    reading_free(reading);
    return all;
}

bool init_knows(const struct call *call) {
    bool agents = knows(call->agents, call->agent_count, preset_name, "");
    return knows(call->logins, call->login_count, login_preset_name, " of a login") && agents;
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

/* Whether a login of the command line takes the place of that credential, a key of its service's.
 */
static bool is_logged_in(const struct call *call, const char *credential) {
    static const char *const pairs[][2] = {{"claude", "anthropic"},
                                           {"chatgpt", "openai"},
                                           {"google", "gemini"},
                                           {"github-copilot", "copilot"}};
    for (size_t i = 0; i < call->login_count; i++)
        for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
            if (strcmp(call->logins[i], pairs[k][0]) == 0 && strcmp(credential, pairs[k][1]) == 0)
                return true;
    return false;
}

/* Two agents of one maker bring the same credential; it is written once. */
static bool has(const json_t *credentials, const json_t *one) {
    size_t i;
    json_t *value;
    json_array_foreach(credentials, i, value) if (json_equal(value, (json_t *)one)) return true;
    return false;
}

static void add_credentials(const struct call *call, json_t *credentials, const char *agent,
                            const char *name) {
    BUF_CLEANUP struct buf path = {0};
    buf_printf(&path, "templates/init/%s.json", agent);
    const struct embedded *file = embedded_find(path.data);
    json_t *fragment = file ? json_loadb(file->data, file->length, 0, NULL) : NULL, *value;
    size_t i;
    json_array_foreach(json_object_get(fragment, "credentials"), i, value) {
        json_t *filled = named(value, name);
        const char *called = json_string_value(json_object_get(filled, "name"));
        if (!has(credentials, filled) && !is_logged_in(call, called ? called : ""))
            json_array_append(credentials, filled);
        json_decref(filled);
    }
    json_decref(fragment);
}

json_t *init_starter(const struct call *call, const char *name, const char *folder) {
    const char *operator= operator_name(folder);
    json_t *place = json_string(folder);
    if (!place)
        return NULL;
    json_t *agents = json_array(), *credentials = json_array(), *operators = json_array();
    for (size_t i = 0; i < call->agent_count; i++) {
        json_array_append_new(agents, json_string(call->agents[i]));
        add_credentials(call, credentials, call->agents[i], name);
    }
    json_t *logins = call->login_count ? json_array() : NULL;
    for (size_t i = 0; i < call->login_count; i++) {
        json_t *one = json_string(call->logins[i]);
        if (!has(logins, one))
            json_array_append(logins, one);
        json_decref(one);
    }
    if (operator)
        json_array_append_new(operators, json_string(operator));
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:{s:[s, s]}, s:[{s:o}], s:[s, s, s, s], s:{s:[]}, "
                     "s:o, s:o*, s:{s:s, s:i, s:i, s:s}, "
                     "s:s}",
                     "$schema", "./" SCHEMA_FILE, "version", 1, "name", name, "agents", agents,
                     "operators", operators, "packages", "nix", "git", "ripgrep", "workspaces",
                     "path", place, "hide", ".env", ".env.local", ".env.*.local", "*.key",
                     "network", "rules", "credentials", credentials, "logins", logins, "limits",
                     "memory", "8G", "cpus", 4, "tasks", 1024, "session", "8h", "unenforced",
                     "accept");
}

enum exit_code init_schema_beside(const char *spec) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf text = {0};
    const char *slash = strrchr(spec, '/');
    buf_add(&path, spec, slash ? (size_t)(slash - spec) + 1 : 0);
    buf_str(&path, SCHEMA_FILE);
    if (access(path.data, F_OK) == 0)
        return EXIT_DONE;
    doc_schema(&text);
    return new_file(path.data, 0644, text.data, text.len);
}

/* -- the project's folder -- */

/* A line of somebody's at a terminal, without its end; "": nothing was said. */
static void ask(const char *question, const char *otherwise, char answer[PATH_MAX]) {
    /* Standard output may be the spec. */
    fprintf(stderr, "%s [%s]: ", question, otherwise);
    if (!fgets(answer, PATH_MAX, stdin))
        *answer = '\0';
    answer[strcspn(answer, "\n")] = '\0';
}

/* What no shell has looked at: ~/src. */
static void expand_home(const char *said, char path[PATH_MAX]) {
    const char *home = getenv("HOME");
    bool own = said[0] == '~' && (!said[1] || said[1] == '/') && home;
    snprintf(path, PATH_MAX, "%s%s", own ? home : "", own ? said + 1 : said);
}

/* The one that was named, in its only spelling: what is checked is then what is mounted. */
static enum exit_code real_folder(const char *said, char folder[PATH_MAX]) {
    struct stat info;
    if (!realpath(said, folder) || stat(folder, &info) < 0)
        return command_fail(EXIT_WRONG, "no folder %s: %s", said, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return command_fail(EXIT_WRONG, "%s is no folder", said);
    return EXIT_DONE;
}

/* Of the argument, of an answer, or one that apply makes. */
static enum exit_code choose_folder(const struct call *call, char folder[PATH_MAX]) {
    char here[PATH_MAX], name[21], answer[PATH_MAX] = "", path[PATH_MAX];
    init_name_from_folder(getcwd(here, sizeof here) ? here : "/", name);
    snprintf(folder, PATH_MAX, FOLDERS "%s", name);
    if (call->argument_count)
        return real_folder(call->arguments[0], folder);
    if (isatty(STDIN_FILENO))
        ask("The project's folder, which the agent is to work in", folder, answer);
    if (!*answer || strcmp(answer, folder) == 0)
        return EXIT_DONE;
    expand_home(answer, path);
    return real_folder(path, folder);
}

static bool lies_in(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Of what check cannot know: where homes are on this host, and where the spec will stand. */
static enum exit_code check_place(const char *folder, const char *spec) {
    const char *person = operator_name(folder), *slash = strrchr(spec, '/');
    const struct passwd *user = person ? getpwnam(person) : NULL;
    char home[PATH_MAX], beside[PATH_MAX], real[PATH_MAX];
    if (user && realpath(user->pw_dir, home) && lies_in(home, folder))
        return command_fail(EXIT_WRONG, "%s can't be the project: it is the whole home of %s",
                            folder, person);
    snprintf(beside, sizeof beside, "%.*s", slash ? (int)(slash - spec) + 1 : 1,
             slash ? spec : ".");
    if (strcmp(spec, "-") != 0 && realpath(beside, real) && lies_in(real, folder))
        return command_fail(EXIT_WRONG,
                            "%s would stand in the project, where the agent could change it: run "
                            "this in another folder, with %s as its argument",
                            spec, folder);
    return EXIT_DONE;
}

/* By check itself, so that what is written passes. */
static enum exit_code check_text(const char *text, size_t length) {
    struct reading *reading = reading_new(diagnostics_new());
    load_spec_text(reading, UP_SPEC, text, length);
    const char *why = diagnostics_first(reading->diagnostics);
    enum exit_code code =
        why ? command_fail(EXIT_WRONG, "check would refuse this spec: %s", why) : EXIT_DONE;
    reading_drop(reading);
    return code;
}

static enum exit_code make_text(const struct call *call, const char *path, const char *name,
                                const char *folder, struct buf *text) {
    json_t *spec = init_starter(call, name, folder);
    CHAR_CLEANUP char *json = json_dumps(spec, JSON_INDENT(2));
    json_decref(spec);
    if (!json)
        return command_fail(EXIT_WRONG, "the folder's name is not UTF-8");
    buf_printf(text, "%s\n", json);
    enum exit_code code = check_text(text->data, text->len);
    return code == EXIT_DONE ? check_place(folder, path) : code;
}

enum exit_code run_init(const struct call *call) {
    const char *path = call->output ? call->output : UP_SPEC;
    char folder[PATH_MAX], name[21];
    BUF_CLEANUP struct buf text = {0};
    if (!init_knows(call))
        return EXIT_WRONG;
    if (call->team)
        return init_team(call);
    enum exit_code code = choose_folder(call, folder);
    if (code != EXIT_DONE)
        return code;
    init_name_from_folder(folder, name);
    code = make_text(call, path, name, folder, &text);
    if (code == EXIT_DONE && strcmp(path, "-") == 0) {
        fwrite(text.data, 1, text.len, stdout);
        return EXIT_DONE;
    }
    if (code == EXIT_DONE)
        code = new_file(path, 0644, text.data, text.len);
    if (code == EXIT_DONE)
        code = init_schema_beside(path);
    if (code == EXIT_DONE)
        printf("wrote %s: sandbox %s works in %s; next: agent-sandbox up%s%s\n", path, name, folder,
               strcmp(path, UP_SPEC) ? " " : "", strcmp(path, UP_SPEC) ? path : "");
    return code;
}
