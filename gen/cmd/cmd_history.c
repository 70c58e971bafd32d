/* log and show. */
#include "base/buf_raw.h"
#include "base/calendar.h"
#include "base/die.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "cmd/signing.h"
#include "write/write_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 3339, in UTC. */
static void format_time(time_t when, char text[32]) {
    struct tm tm;
    if (!gmtime_r(&when, &tm) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
        text[0] = '\0';
}

static void json_generation(struct json_writer *j, const struct store_generation *g) {
    char when[32];
    format_time(g->when, when);
    jw_key(j, "generation");
    jw_uint(j, g->number);
    jw_key(j, "commit");
    jw_name(j, (struct name){g->id.hex});
    jw_key(j, "time");
    jw_name(j, (struct name){when});
    jw_key(j, "subject");
    jw_text(j, (struct text){g->subject});
}

/* -- what a generation changed for the agent -- */

struct telling {
    struct store *store;
    struct json_writer *j; /* NULL: for people, into text */
    struct buf *text;
};

static enum store_result tell_sandbox(const struct telling *telling, const char *commit,
                                      size_t number, const char *sandbox) {
    POLICY_REPORT_CLEANUP struct policy_report policy = {0};
    char before[48];
    snprintf(before, sizeof before, "%s~1", commit);
    enum store_result result =
        message_policy_between(telling->store, number > 1 ? before : "", commit, sandbox, &policy);
    if (result != STORE_DONE)
        return result;
    if (telling->j)
        policy_report_json(&policy, (struct name){sandbox}, telling->j);
    else
        policy_report_write(&policy, telling->text);
    return STORE_DONE;
}

/* In a fleet a path begins with sandboxes/HH/NAME/; n is the length of the name. */
static const char *sandbox_of(const char *path, size_t *n) {
    const size_t folder = strlen("sandboxes/HH/");
    if (strncmp(path, "sandboxes/", 10) != 0 || strlen(path) <= folder)
        return NULL;
    *n = strcspn(path + folder, "/");
    return path + folder;
}

static bool same_sandbox(const char *a, const char *b) {
    size_t na = 0, nb = 0;
    const char *name_a = sandbox_of(a, &na), *name_b = sandbox_of(b, &nb);
    return name_a && name_b && na == nb && strncmp(name_a, name_b, na) == 0;
}

/* Every sandbox of a fleet that the generation changed; paths are sorted, so each one's stand
 * together. A render commits one at a time. */
static enum store_result tell_fleet(const struct telling *telling, const char *commit,
                                    size_t number, const struct changes *changes) {
    enum store_result result = STORE_DONE;
    bool several =
        changes->n > 0 && !same_sandbox(changes->v[0].path, changes->v[changes->n - 1].path);
    for (size_t i = 0; i < changes->n && result == STORE_DONE; i++) {
        size_t n;
        const char *name = sandbox_of(changes->v[i].path, &n);
        if (!name || (i > 0 && same_sandbox(changes->v[i - 1].path, changes->v[i].path)))
            continue;
        CHAR_CLEANUP char *sandbox = must_copy(name);
        sandbox[n] = '\0';
        if (telling->text && several)
            buf_printf(telling->text, "%s:\n", sandbox);
        result = tell_sandbox(telling, commit, number, sandbox);
    }
    return result;
}

static enum store_result tell_policy(const struct telling *telling, const char *commit,
                                     size_t number, const struct changes *changes) {
    if (store_is_fleet(telling->store))
        return tell_fleet(telling, commit, number, changes);
    return tell_sandbox(telling, commit, number, NULL);
}

/* -- log -- */

struct logging {
    struct store *store;
    struct json_writer *j; /* NULL: for people */
    bool policy, signature;
    enum store_result result;
};

static enum store_result log_policy(struct logging *logging, const struct store_generation *g,
                                    struct buf *text) {
    struct telling telling = {logging->store, logging->j, logging->j ? NULL : text};
    struct changes changes = {0};
    enum store_result result = STORE_DONE;
    if (store_is_fleet(logging->store))
        result = store_changes(logging->store, g->id.hex, changes_collect, &changes);
    if (result == STORE_DONE)
        result = tell_policy(&telling, g->id.hex, g->number, &changes);
    changes_free(&changes);
    return result;
}

static void print_indented(const struct buf *text) {
    for (const char *s = text->data; s && *s;) {
        size_t n = strcspn(s, "\n") + 1;
        printf("      %.*s", (int)n, s);
        s += n;
    }
}

static bool log_json(const struct store_generation *g, void *context) {
    struct logging *logging = context;
    jw_object(logging->j);
    json_generation(logging->j, g);
    if (logging->signature) {
        jw_key(logging->j, "signature");
        signature_json(logging->store, g->id.hex, logging->j);
    }
    if (logging->policy) {
        jw_key(logging->j, "policy");
        jw_array(logging->j);
        logging->result = log_policy(logging, g, NULL);
        jw_end(logging->j);
    }
    jw_end(logging->j);
    return logging->result == STORE_DONE;
}

static bool log_line(const struct store_generation *g, void *context) {
    struct logging *logging = context;
    BUF_CLEANUP struct buf text = {0};
    char when[32];
    format_time(g->when, when);
    printf("%4zu  %.10s  %.10s  %s\n", g->number, g->id.hex, when, g->subject);
    if (logging->signature) {
        signature_write(logging->store, g->id.hex, &text);
        buf_lit(&text, "\n");
    }
    if (logging->policy)
        logging->result = log_policy(logging, g, &text);
    print_indented(&text);
    return logging->result == STORE_DONE;
}

enum exit_code run_log(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j = {0};
    struct logging logging = {
        .policy = call->policy, .signature = call->signature, .j = call->json ? &j : NULL};
    jw_start(&j, &text);
    jw_array(&j);
    enum store_result result = store_open(&logging.store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_log(logging.store, call->json ? log_json : log_line, &logging);
    if (result == STORE_DONE)
        result = logging.result;
    jw_end(&j);
    jw_finish(&j);
    if (result == STORE_DONE && call->json)
        fwrite(text.data, 1, text.len, stdout);
    store_close(logging.store);
    return store_exit(result);
}

/* -- show -- */

struct show {
    bool signature;
    char commit[41];
    size_t number;
    char when[32];
    char *message;
    struct json_writer *j; /* NULL: for people */
    struct changes changes;
};

static void show_generation(const struct store_generation *g, void *context) {
    struct show *show = context;
    memcpy(show->commit, g->id.hex, sizeof show->commit);
    show->number = g->number;
    show->message = must_copy(g->message);
    format_time(g->when, show->when);
    if (show->j) {
        json_generation(show->j, g);
        jw_key(show->j, "message");
        jw_text(show->j, (struct text){g->message});
    }
}

static void show_change(const struct store_change *change, void *context) {
    changes_collect(change, &((struct show *)context)->changes);
}

static void show_files_json(struct json_writer *j, const struct changes *changes) {
    jw_key(j, "files");
    jw_array(j);
    for (size_t i = 0; i < changes->n; i++) {
        const char status[] = {changes->v[i].status, '\0'};
        jw_object(j);
        jw_key(j, "path");
        jw_text(j, (struct text){changes->v[i].path});
        jw_key(j, "status");
        jw_name(j, (struct name){status});
        jw_end(j);
    }
    jw_end(j);
}

/* The message holds the same when a render of this version wrote it: then once is enough. */
static void print_show(const struct show *show, const struct buf *signature,
                       const struct buf *policy) {
    printf("generation %zu  %s  %s%s%s\n\n", show->number, show->commit, show->when,
           signature->len ? "  " : "", signature->len ? signature->data : "");
    if (policy->len && !strstr(show->message, policy->data))
        printf("%s\n", policy->data);
    printf("%s\n", show->message);
    if (strstr(show->message, "\nFiles:\n"))
        changes_print_sums(&show->changes, stdout);
    else
        changes_print(&show->changes, stdout);
}

static enum store_result show_rest(struct store *store, struct show *show) {
    BUF_CLEANUP struct buf policy = {0};
    BUF_CLEANUP struct buf signature = {0};
    struct telling telling = {store, show->j, show->j ? NULL : &policy};
    if (show->signature && !show->j)
        signature_write(store, show->commit, &signature);
    if (show->j && show->signature) {
        jw_key(show->j, "signature");
        signature_json(store, show->commit, show->j);
    }
    if (show->j) {
        jw_key(show->j, "policy");
        jw_array(show->j);
    }
    enum store_result result = tell_policy(&telling, show->commit, show->number, &show->changes);
    if (show->j) {
        jw_end(show->j);
        show_files_json(show->j, &show->changes);
    } else if (result == STORE_DONE) {
        print_show(show, &signature, &policy);
    }
    return result;
}

enum exit_code run_show(const struct call *call) {
    struct store *store = NULL;
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j = {0};
    struct show show = {.j = call->json ? &j : NULL, .signature = call->signature};
    const char *revision = call->argument_count ? call->arguments[0] : "HEAD";
    jw_start(&j, &text);
    jw_object(&j);
    enum store_result result = store_open(&store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_show(store, revision, show_generation, show_change, &show);
    if (result == STORE_DONE)
        result = show_rest(store, &show);
    jw_end(&j);
    jw_finish(&j);
    if (result == STORE_DONE && call->json)
        fwrite(text.data, 1, text.len, stdout);
    free(show.message);
    changes_free(&show.changes);
    store_close(store);
    return store_exit(result);
}
