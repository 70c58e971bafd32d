/* init --team: a team's repository, with what its CI and its hosts run. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/embedded.h"
#include "cmd/init.h"
#include "cmd/new_file.h"
#include "read/load.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *path, *from; /* below templates/team/ */
    mode_t mode;
} files[] = {
    {"README.md", "README.md", 0644},
    {"base.json", "base.json", 0644},
    {"ci/check", "ci/check", 0755},
    {"ci/policy-diff", "ci/policy-diff", 0755},
    {"ci/publish", "ci/publish", 0755},
    {"hosts/pull", "hosts/pull", 0755},
    {".github/workflows/agent-sandbox.yml", "workflow.yml", 0644},
};

static const char *const folders[] = {"",       "/specs",   "/ci",
                                      "/hosts", "/.github", "/.github/workflows"};

static enum exit_code make_folders(const char *root) {
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        BUF_CLEANUP struct buf path = {0};
        buf_printf(&path, "%s%s", root, folders[i]);
        if (mkdir(path.data, 0755) < 0 && errno != EEXIST)
            return command_fail(EXIT_FAILED, "can't make %s: %s", path.data, strerror(errno));
    }
    return EXIT_DONE;
}

/* Before the first of them is written: none is there. */
static enum exit_code check_free(const char *root, const char *spec) {
    for (size_t i = 0; i <= sizeof files / sizeof *files; i++) {
        BUF_CLEANUP struct buf path = {0};
        if (i < sizeof files / sizeof *files)
            buf_printf(&path, "%s/%s", root, files[i].path);
        if (access(i < sizeof files / sizeof *files ? path.data : spec, F_OK) == 0)
            return command_fail(EXIT_WRONG, "%s exists already; it is left as it is",
                                path.data ? path.data : spec);
    }
    return EXIT_DONE;
}

static enum exit_code write_files(const char *root) {
    enum exit_code code = EXIT_DONE;
    for (size_t i = 0; i < sizeof files / sizeof *files && code == EXIT_DONE; i++) {
        BUF_CLEANUP struct buf path = {0}, from = {0};
        buf_printf(&path, "%s/%s", root, files[i].path);
        buf_printf(&from, "templates/team/%s", files[i].from);
        const struct embedded *file = embedded_find(from.data);
        if (!file)
            die("%s is not built in", from.data);
        code = new_file(path.data, files[i].mode, file->data, file->length);
    }
    return code;
}

static enum exit_code write_spec(const struct call *call, const char *name, const char *path) {
    BUF_CLEANUP struct buf folder = {0}, text = {0};
    buf_printf(&folder, FOLDERS "%s", name);
    json_t *spec = init_starter(call, name, folder.data);
    json_object_set_new(spec, "$schema", json_string("../" SCHEMA_FILE));
    json_object_set_new(spec, "extends", json_pack("[s]", "../base.json"));
    json_object_del(spec, "unenforced"); /* the base's */
    CHAR_CLEANUP char *json = json_dumps(spec, JSON_INDENT(2));
    json_decref(spec);
    if (!json)
        die("the starter spec can't be written");
    buf_printf(&text, "%s\n", json);
    return new_file(path, 0644, text.data, text.len);
}

static enum exit_code check_written(const char *path) {
    struct reading *reading = reading_new(diagnostics_new());
    bool right = load_spec(reading, path) != NULL;
    if (!right)
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    reading_drop(reading);
    return right ? EXIT_DONE : EXIT_WRONG;
}

enum exit_code init_team(const struct call *call) {
    char name[21], here[PATH_MAX];
    BUF_CLEANUP struct buf named = {0}, spec = {0}, base = {0};
    const char *root = call->argument_count ? call->arguments[0] : ".";
    if (call->output)
        return command_fail(EXIT_WRONG, "init --team takes a FOLDER, and no --output");
    if (!call->name && !call->argument_count && !getcwd(here, sizeof here))
        return command_fail(EXIT_FAILED, "no name of this folder: %s", strerror(errno));
    buf_printf(&named, "/%s", call->name ? call->name : call->argument_count ? root : here);
    init_name_from_folder(named.data, name);
    if (call->name && strcmp(call->name, name) != 0)
        return command_fail(EXIT_WRONG, "\"%s\" is no name of a sandbox; \"%s\" is", call->name,
                            name);
    buf_printf(&spec, "%s/specs/%s.json", root, name);
    buf_printf(&base, "%s/base.json", root);
    enum exit_code code = check_free(root, spec.data);
    if (code == EXIT_DONE)
        code = make_folders(root);
    if (code == EXIT_DONE)
        code = write_files(root);
    if (code == EXIT_DONE)
        code = init_schema_beside(base.data);
    if (code == EXIT_DONE)
        code = write_spec(call, name, spec.data);
    if (code == EXIT_DONE)
        code = check_written(spec.data);
    if (code == EXIT_DONE)
        printf("wrote %s: sandbox %s builds on base.json; next: README.md\n", root, name);
    return code;
}
