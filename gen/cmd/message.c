#include "cmd/message.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "plan/gaps.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 12, MOST_LINES = 200 };

void changes_collect(const struct store_change *change, void *context) {
    struct changes *changes = context;
    if (changes->n == changes->cap) {
        changes->cap = changes->cap ? 2 * changes->cap : 64;
        changes->v = must_realloc(changes->v, changes->cap * sizeof *changes->v);
    }
    if (changes->n == 0)
        changes->first = true;
    changes->first = changes->first && change->status == STORE_ADDED;
    changes->v[changes->n] = *change;
    changes->v[changes->n++].path = must_copy(change->path);
}

void changes_free(struct changes *changes) {
    for (size_t i = 0; i < changes->n; i++)
        free((char *)changes->v[i].path);
    free(changes->v);
    *changes = (struct changes){0};
}

static size_t count(const struct changes *changes, char status) {
    size_t n = 0;
    for (size_t i = 0; i < changes->n; i++)
        n += changes->v[i].status == status;
    return n;
}

static void write_line(const struct store_change *change, struct buf *out) {
    buf_printf(out, "  %c %s", change->status, change->path);
    if (change->status == STORE_CHANGED)
        buf_printf(out, "  +%zu -%zu", change->lines_added, change->lines_removed);
    buf_lit(out, "\n");
}

/* Paths are sorted, so each top folder's files stand together. */
static void write_folders(const struct changes *changes, struct buf *out) {
    for (size_t i = 0; i < changes->n;) {
        const char *path = changes->v[i].path;
        size_t n = strcspn(path, "/"), files = 0;
        if (!path[n]) {
            write_line(&changes->v[i++], out);
            continue;
        }
        while (i < changes->n && strncmp(changes->v[i].path, path, n + 1) == 0)
            files++, i++;
        buf_printf(out, "    %.*s/  %zu file%s\n", (int)n, path, files, files == 1 ? "" : "s");
    }
}

static void write_changes(const struct changes *changes, struct buf *out) {
    if (changes->n > FEW) {
        write_folders(changes, out);
        return;
    }
    for (size_t i = 0; i < changes->n; i++)
        write_line(&changes->v[i], out);
}

struct changes_count changes_counted(const struct changes *changes) {
    return (struct changes_count){count(changes, STORE_ADDED), count(changes, STORE_CHANGED),
                                  count(changes, STORE_REMOVED)};
}

void changes_print(const struct changes *changes, FILE *out) {
    BUF_CLEANUP struct buf text = {0};
    write_changes(changes, &text);
    if (text.len)
        fwrite(text.data, 1, text.len, out);
    changes_print_sums(changes, out);
}

void changes_print_sums(const struct changes *changes, FILE *out) {
    fprintf(out, "  %zu added, %zu changed, %zu removed\n", count(changes, STORE_ADDED),
            count(changes, STORE_CHANGED), count(changes, STORE_REMOVED));
}

void change_json(const struct store_change *change, struct json_writer *j) {
    jw_object(j);
    jw_key(j, "path");
    jw_text(j, (struct text){change->path});
    jw_key(j, "change");
    if (change->status == STORE_ADDED)
        jw_string(j, "added");
    else if (change->status == STORE_REMOVED)
        jw_string(j, "removed");
    else
        jw_string(j, "changed");
    jw_key(j, "linesAdded");
    jw_uint(j, change->lines_added);
    jw_key(j, "linesRemoved");
    jw_uint(j, change->lines_removed);
    jw_end(j);
}

void render_json(struct json_writer *j, struct name name, const struct store_id *commit,
                 bool changed, const struct policy_report *policy, const struct changes *changes) {
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, name);
    jw_key(j, "commit");
    jw_name(j, (struct name){commit->hex});
    jw_key(j, "changed");
    jw_bool(j, changed);
    jw_key(j, "policy");
    jw_array(j);
    policy_report_json(policy, (struct name){NULL}, j);
    jw_end(j);
    jw_key(j, "files");
    jw_array(j);
    for (size_t i = 0; i < changes->n; i++)
        change_json(&changes->v[i], j);
    jw_end(j);
    jw_end(j);
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

void print_summary(const struct plan *plan, FILE *out) {
    const struct spec *spec = plan->spec;
    size_t rules = spec->network.written_rules.n, credentials = spec->credentials.n;
    fprintf(out, "  %s (uid %u) reaches the network only through %s (uid %u)\n", plan->agent.s,
            (unsigned)plan->agent_uid, plan->proxy.s, (unsigned)plan->proxy_uid);
    fprintf(out, "  %zu rule%s, ", rules, plural(rules));
    if (spec->network.mcp.n)
        fprintf(out, "%zu MCP server%s, ", spec->network.mcp.n, plural(spec->network.mcp.n));
    fprintf(out, "%zu credential%s, %zu workspace%s%s\n", credentials, plural(credentials),
            spec->workspaces.n, plural(spec->workspaces.n),
            spec->network.enforcement == ENFORCEMENT_AUDIT ? "; AUDIT: nothing is refused" : "");
}

static bool is_this_system(const struct host *host) {
#ifdef __APPLE__
    return host_is_darwin(host);
#else
    return !host_is_darwin(host);
#endif
}

static bool has_gap(const struct spec *spec, const struct gap *gap) {
    size_t n;
    const struct host *hosts = gap_targets(spec, &n);
    for (size_t i = 0; i < n; i++)
        if (is_this_system(&hosts[i]) && gap->asked(spec, &hosts[i]))
            return true;
    return false;
}

void print_gaps(const struct plan *plan, FILE *out) {
    for (size_t i = 0, any = 0; i < gaps_count; i++)
        if (has_gap(plan->spec, &gaps[i]))
            fprintf(out, "%s  ! %s: %s\n", any++ ? "" : "Not enforced on this system:\n",
                    gaps[i].key, gaps[i].why);
}

enum exit_code store_exit(enum store_result result) {
    if (result == STORE_DONE || result == STORE_UNCHANGED)
        return EXIT_DONE;
    return command_fail(result == STORE_REFUSED ? EXIT_WRONG : EXIT_FAILED, "%s", store_error());
}

/* A generation's spec.json, whose bytes text keeps; none where there is no such file. */
static enum store_result read_spec(struct store *store, const char *revision, const char *sandbox,
                                   struct policy_source *source, struct buf *text) {
    enum store_result result = store_read_file(store, revision, sandbox, "spec.json", text);
    source->text = result == STORE_DONE ? text->data : NULL;
    source->length = text->len;
    return result == STORE_UNCHANGED ? STORE_DONE : result;
}

enum store_result message_policy(struct store *store, const struct plan *plan,
                                 struct policy_report *report) {
    BUF_CLEANUP struct buf text = {0};
    struct policy_source old = {.what = "the generation before"};
    enum store_result result = read_spec(store, NULL, plan->name.s, &old, &text);
    if (result == STORE_DONE)
        policy_report_against(report, old, plan->spec);
    return result;
}

enum store_result message_policy_between(struct store *store, const char *from, const char *to,
                                         const char *sandbox, struct policy_report *report) {
    BUF_CLEANUP struct buf old_text = {0};
    BUF_CLEANUP struct buf new_text = {0};
    struct policy_source old = {.what = "the generation before"}, new = {.what = "this generation"};
    enum store_result result = STORE_DONE;
    if (!from || *from)
        result = read_spec(store, from, sandbox, &old, &old_text);
    if (result == STORE_DONE)
        result = read_spec(store, to, sandbox, &new, &new_text);
    if (result == STORE_DONE)
        policy_report_between(report, old, new);
    return result;
}

void policy_print(const struct policy_report *report, FILE *out) {
    BUF_CLEANUP struct buf text = {0};
    policy_report_write(report, &text);
    fwrite(text.data, 1, text.len, out);
}

void message_write_policy(const struct policy_report *policy, struct buf *out) {
    BUF_CLEANUP struct buf text = {0};
    size_t lines = 0, more = 0, kept = 0;
    policy_report_write(policy, &text);
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
        more += text.data[i] == '\n' && lines > MOST_LINES;
        kept = more ? kept : i + 1;
    }
    if (!more) {
        buf_add(out, text.data, text.len);
        return;
    }
    while (text.data[kept - 1] != '\n')
        kept--;
    buf_add(out, text.data, kept);
    buf_printf(out, "  and %zu more lines, which agent-sandbox show tells\n", more);
}

void write_message(const struct store_before *before, void *context, struct buf *out) {
    struct message *message = context;
    const struct file *spec = tree_find(message->tree, "spec.json");
    char hex[65];
    if (!spec)
        die("no spec.json was rendered");
    for (size_t i = 0; i < before->change_count; i++)
        changes_collect(&before->changes[i], &message->changes);
    sha256_hex(spec->data.data, spec->data.len, hex);
    policy_report_against(&message->policy,
                          (struct policy_source){.what = "the generation before",
                                                 .text = before->spec,
                                                 .length = before->spec_length},
                          message->plan->spec);
    policy_report_subject(&message->policy, message->plan->name, message->fleet, out);
    buf_lit(out, "\n\n");
    message_write_policy(&message->policy, out);
    buf_lit(out, "\nFiles:\n");
    write_changes(&message->changes, out);
    buf_printf(out, "\nSpec-SHA256: %s\n" GENERATOR_TRAILER "%s\n", hex, VERSION);
}

void message_free(struct message *message) {
    changes_free(&message->changes);
    policy_report_free(&message->policy);
}

void print_safely(const char *text) {
    char *copy = strdup(text);
    if (copy) {
        utf8_hide_unseen(copy);
        fputs(copy, stdout);
    }
    free(copy);
}
