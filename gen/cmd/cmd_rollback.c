#include "base/buf_raw.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "cmd/signing.h"

#include <stdio.h>

/* What the generations after the target did is undone: their subjects, newest first. */
struct undone {
    struct buf *out;
    size_t newest, target;
};

enum { MOST_UNDONE = 20 };

static bool name_undone(const struct store_generation *g, void *context) {
    struct undone *undone = context;
    if (g->number <= undone->target)
        return false;
    if (undone->newest - g->number == MOST_UNDONE) {
        buf_printf(undone->out, "  and %zu more, down to generation %zu\n",
                   g->number - undone->target, undone->target + 1);
        return false;
    }
    buf_printf(undone->out, "  %zu  %s\n", g->number, g->subject);
    return true;
}

static void write_policy(struct store *store, const struct store_rollback *what,
                         const char *sandbox, struct buf *out) {
    POLICY_REPORT_CLEANUP struct policy_report policy = {0};
    if (message_policy_between(store, what->from.hex, what->to.hex, sandbox, &policy) == STORE_DONE)
        message_write_policy(&policy, out);
    buf_lit(out, "\n");
}

static void write_body(struct store *store, const struct store_rollback *what, struct buf *out,
                       void *context) {
    struct undone undone = {out, what->newest, what->target};
    write_policy(store, what, context, out);
    if (store_is_fleet(store)) {
        buf_printf(out, "Its files are those of generation %zu again; the other sandboxes stay.\n",
                   what->target);
        return;
    }
    buf_printf(out, "The tree is that of generation %zu again. This undoes:\n", what->target);
    store_log(store, name_undone, &undone);
}

/* A fleet is never taken back as a whole: its sandboxes are different people's. */
static bool names_one(const struct call *call, const struct store *store) {
    if (store_is_fleet(store) && !call->name)
        command_fail(EXIT_WRONG, "%s is a fleet: say which sandbox with --name NAME",
                     store_folder(store));
    else if (!store_is_fleet(store) && call->name)
        command_fail(EXIT_WRONG, "--name is for a fleet; %s holds one sandbox",
                     store_folder(store));
    else
        return true;
    return false;
}

static void report(const struct store *store, const struct store_id *id) {
    printf("rolled back: committed %.10s in %s\n", id->hex, store_folder(store));
    if (!store_is_fleet(store) && store_has_checkout(store))
        printf("next, on the host it is for: agent-sandbox apply -o %s\n", store_folder(store));
}

enum exit_code run_rollback(const struct call *call) {
    struct store *store = NULL;
    struct store_id id = {""};
    const char *revision = call->argument_count ? call->arguments[0] : NULL;
    enum store_result result = store_open(&store, call->output, STORE_WRITE);
    SIGNING_CLEANUP struct signing_key signing = {0};
    if (result == STORE_DONE &&
        (!names_one(call, store) || !signing_of_newest(&signing, call, store, call->name))) {
        store_close(store);
        return EXIT_WRONG;
    }
    store_sign_with(store, signing_signer(&signing));
    if (result == STORE_DONE)
        result = store_rollback(store, call->name, revision, write_body, (void *)call->name, &id);
    if (call->json && (result == STORE_DONE || result == STORE_UNCHANGED))
        printf("{\n  \"commit\": \"%s\",\n  \"changed\": %s\n}\n", id.hex,
               result == STORE_DONE ? "true" : "false");
    else if (result == STORE_DONE)
        report(store, &id);
    else if (result == STORE_UNCHANGED)
        printf("nothing changed: the newest generation has that very tree\n");
    store_close(store);
    return store_exit(result);
}
