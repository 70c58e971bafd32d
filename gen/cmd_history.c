/* log and show. */
#include "calendar.h"
#include "command.h"
#include "message.h"
#include "signing.h"
#include "write_json.h"

#include <stdio.h>

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

/* -- log -- */

struct logging {
    struct store *store;
    struct json_writer *j;
    bool signature;
};

static bool log_json(const struct store_generation *g, void *context) {
    struct logging *logging = context;
    jw_object(logging->j);
    json_generation(logging->j, g);
    if (logging->signature) {
        jw_key(logging->j, "signature");
        signature_json(logging->store, g->id.hex, logging->j);
    }
    jw_end(logging->j);
    return true;
}

static bool log_line(const struct store_generation *g, void *context) {
    struct logging *logging = context;
    BUF_CLEANUP struct buf signature = {0};
    char when[32];
    format_time(g->when, when);
    printf("%4zu  %.10s  %.10s  %s\n", g->number, g->id.hex, when, g->subject);
    if (logging->signature) {
        signature_write(logging->store, g->id.hex, &signature);
        printf("      %s\n", signature.data);
    }
    return true;
}

enum exit_code run_log(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    struct logging logging = {.j = &j, .signature = call->signature};
    jw_start(&j, &text);
    jw_array(&j);
    enum store_result result = store_open(&logging.store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_log(logging.store, call->json ? log_json : log_line, &logging);
    jw_end(&j);
    jw_finish(&j);
    if (result == STORE_DONE && call->json)
        fwrite(text.data, 1, text.len, stdout);
    store_close(logging.store);
    return store_exit(result);
}

/* -- show -- */

struct show {
    struct store *store;
    bool signature;
    struct json_writer *j; /* NULL: for people */
    struct changes changes;
};

static void show_generation(const struct store_generation *g, void *context) {
    struct show *show = context;
    BUF_CLEANUP struct buf signature = {0};
    char when[32];
    if (show->j) {
        json_generation(show->j, g);
        jw_key(show->j, "message");
        jw_text(show->j, (struct text){g->message});
        if (show->signature) {
            jw_key(show->j, "signature");
            signature_json(show->store, g->id.hex, show->j);
        }
        return;
    }
    format_time(g->when, when);
    if (show->signature)
        signature_write(show->store, g->id.hex, &signature);
    printf("generation %zu  %s  %s%s%s\n\n%s\n", g->number, g->id.hex, when,
           signature.len ? "  " : "", signature.len ? signature.data : "", g->message);
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

enum exit_code run_show(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j = {0};
    struct show show = {.j = call->json ? &j : NULL, .signature = call->signature};
    const char *revision = call->argument_count ? call->arguments[0] : "HEAD";
    jw_start(&j, &text);
    jw_object(&j);
    enum store_result result = store_open(&show.store, call->output, STORE_READ);
    if (result == STORE_DONE)
        result = store_show(show.store, revision, show_generation, show_change, &show);
    if (result == STORE_DONE && call->json) {
        show_files_json(&j, &show.changes);
        jw_end(&j);
        jw_finish(&j);
        fwrite(text.data, 1, text.len, stdout);
    } else if (result == STORE_DONE) {
        changes_print(&show.changes, stdout);
    }
    changes_free(&show.changes);
    store_close(show.store);
    return store_exit(result);
}
