/* allow: one more rule in a spec, which says of itself who wanted it; shown is what that opens. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/replace_file.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "policy/policy_report.h"
#include "read/json_edit.h"
#include "read/load.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

/* The rule as JSON on one line; NULL: the URL is none. */
static char *make_rule(const struct call *call, const char *url) {
    bool clear = strncmp(url, "http://", 7) == 0;
    if (!clear && strncmp(url, "https://", 8) != 0)
        return NULL;
    const char *host = url + (clear ? 7 : 8), *path = host + strcspn(host, "/");
    size_t n = strcspn(host, ":/");
    int port = 0, used = 0;
    if (n == 0 || (host[n] == ':' && (sscanf(host + n, ":%5d%n", &port, &used) != 1 ||
                                      host + n + used != path || port < 1 || port > 65535)))
        return NULL;
    json_t *rule = json_pack("{s:s%}", "host", host, n);
    const char *method = call->method ? call->method : "GET";
    json_object_set_new(rule, "methods", json_pack("[s]", method));
    if (*path && strcmp(path, "/**") != 0)
        json_object_set_new(rule, "paths", json_pack("[s]", path));
    if (clear)
        json_object_set_new(rule, "scheme", json_string("http"));
    if (port && port != (clear ? 80 : 443))
        json_object_set_new(rule, "ports", json_pack("[i]", port));
    const struct passwd *user = getpwuid(getuid());
    json_object_set_new(rule, "owner", json_string(user ? user->pw_name : "nobody"));
    if (call->reason)
        json_object_set_new(rule, "reason", json_string(call->reason));
    if (call->until)
        json_object_set_new(rule, "expires", json_string(call->until));
    char *text = json_dumps(rule, 0);
    json_decref(rule);
    return text;
}

static bool is_of(const struct call *call, const struct document *document) {
    const char *name = json_string_value(json_object_get(document->root, "name"));
    if (!call->sandbox || (name && strcmp(name, call->sandbox) == 0))
        return true;
    command_fail(EXIT_WRONG, "%s is not the spec of the sandbox %s", call->arguments[0],
                 call->sandbox);
    return false;
}

/* Shows it, and writes it. old: the same spec without it. */
static enum exit_code write_rule(const char *path, const struct document *document,
                                 const struct buf *text) {
    struct reading *before = reading_new(diagnostics_new()),
                   *after = reading_new(diagnostics_new());
    struct policy_report policy = {.arena = after->arena};
    enum exit_code code = EXIT_WRONG;
    const struct spec *old = load_older_part(before, path);
    const struct spec *new = load_edited(after, path, text->data, text->len);
    if (!new) {
        diagnostics_print(after->diagnostics, stderr, command_color(STDERR_FILENO));
        command_fail(EXIT_WRONG, "%s is left as it is", path);
    } else {
        policy_compare(&policy.diff, old, new, policy.arena);
        policy_print(&policy, stdout);
        fflush(stdout);
        const char *why =
            replace_file(path, document->text, document->length, text->data, text->len);
        code = why ? command_fail(EXIT_FAILED, "can't write %s: %s", path, why) : EXIT_DONE;
    }
    reading_drop(before);
    reading_drop(after);
    return code;
}

enum exit_code run_allow(const struct call *call) {
    const char *path = call->arguments[0], *const keys[] = {"network", "rules"};
    CHAR_CLEANUP char *rule = make_rule(call, call->arguments[1]);
    if (strcmp(path, "-") == 0)
        return command_fail(EXIT_WRONG, "allow writes into the spec: it takes a file, not "
                                        "standard input");
    if (!rule)
        return command_fail(EXIT_WRONG, "allow takes a URL such as https://example.org/v1/items, "
                                        "with * and ** as in the paths of a rule");
    struct reading *reading = reading_new(diagnostics_new());
    const struct document *document = load_document(reading, path);
    enum exit_code code = EXIT_WRONG;
    if (!document || diagnostics_count(reading->diagnostics)) {
        diagnostics_print(reading->diagnostics, stderr, command_color(STDERR_FILENO));
    } else if (!json_is_object(document->root)) {
        command_fail(EXIT_WRONG, "%s is no spec", path);
    } else if (is_of(call, document)) {
        BUF_CLEANUP struct buf text = {0};
        buf_add(&text, document->text, document->length);
        json_edit_append(&text, keys, 2, rule);
        code = write_rule(path, document, &text);
    }
    reading_drop(reading);
    return code;
}
