/*
 * Threads read, render and draft, each one spec at a time, so that memory holds only what the
 * commits need. The commits are made at the end in the order of the command line: their ids depend
 * on no thread's luck, and two specs that cannot stand beside each other are found before either is
 * committed.
 */
#include "cmd/fleet.h"
#include "base/die.h"
#include "cmd/batch.h"
#include "cmd/message.h"
#include "cmd/signing.h"
#include "judge/judge.h"
#include "read/check_together.h"
#include "render/outputs.h"
#include "store/store.h"
#include "write/write_json.h"
#include "write/write_xml.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 64, COMMIT_AT_ONCE = 1000, TRIES = 20 };

struct item {
    const char *path;
    char *name;               /* NULL: the spec has a mistake */
    char *key;                /* the one that the spec wants it signed with, or NULL */
    struct reading *wrong;    /* what it is */
    const struct spec *again; /* what that has read, when another spec is its mistake */
    struct store_draft *draft;
    struct changes_count count;
    /* Only for JSON: what it is made of. */
    struct message message;
    struct reading *read;
    struct claims claims;
    bool twin; /* another spec has its name, or what only one of a machine's sandboxes can have */
    enum store_result result;
};

struct fleet {
    const char *repository;
    bool json;
    struct item *items;
    size_t n;

    pthread_mutex_t mutex; /* for what follows */
    size_t next, done;
    struct store *store; /* opened by the first good spec: bad ones alone make no repository */
    bool opened;
    enum store_result result;
    char *error; /* the first failure of the system's */
};

/* -- one spec -- */

static void fail(struct fleet *fleet, enum store_result result) {
    pthread_mutex_lock(&fleet->mutex);
    if (!fleet->error) {
        fleet->error = must_copy(store_error());
        fleet->result = result;
    }
    pthread_mutex_unlock(&fleet->mutex);
}

static bool open_store(struct fleet *fleet) {
    enum store_result result = STORE_DONE;
    pthread_mutex_lock(&fleet->mutex);
    if (!fleet->opened)
        result = store_open(&fleet->store, fleet->repository, STORE_FLEET);
    fleet->opened = true;
    pthread_mutex_unlock(&fleet->mutex);
    if (result != STORE_DONE)
        fail(fleet, result);
    return !fleet->error;
}

static void draft(struct fleet *fleet, struct item *item, const struct plan *plan) {
    TREE_CLEANUP struct tree tree = {0};
    struct message message = {.plan = plan, .tree = &tree, .fleet = true};
    render_tree(plan, &tree);
    item->result =
        store_draft(fleet->store, plan->name.s, &tree, write_message, &message, &item->draft);
    item->count = changes_counted(&message.changes);
    if (fleet->json)
        item->message = message; /* but for the tree */
    else
        message_free(&message);
    if (item->result == STORE_REFUSED || item->result == STORE_FAILED)
        fail(fleet, item->result);
}

static void prepare(struct fleet *fleet, struct item *item) {
    struct reading *reading = reading_new(diagnostics_new());
    const struct spec *spec = load_spec(reading, item->path);
    if (!spec) {
        item->wrong = reading;
        return;
    }
    const struct plan *plan = plan_make(spec, reading->arena);
    judge_tests(reading, plan);
    if (diagnostics_count(reading->diagnostics)) {
        item->wrong = reading;
        return;
    }
    item->name = must_copy(plan->name.s);
    if (spec->signing.key.s)
        item->key = must_copy(spec->signing.key.s);
    claims_add(&item->claims, plan, (size_t)(item - fleet->items));
    if (open_store(fleet))
        draft(fleet, item, plan);
    if (fleet->json)
        item->read = reading;
    else
        reading_drop(reading);
}

/* What prepare() has made of it. */
static void forget(struct item *item) {
    free(item->name);
    free(item->key);
    claims_free(&item->claims);
    store_draft_free(item->draft);
    message_free(&item->message);
    if (item->read)
        reading_drop(item->read);
    if (item->wrong)
        reading_drop(item->wrong);
    *item = (struct item){.path = item->path};
}

static struct item *take(struct fleet *fleet) {
    struct item *item = NULL;
    pthread_mutex_lock(&fleet->mutex);
    if (fleet->next < fleet->n && !fleet->error) {
        batch_progress(fleet->next, fleet->n, "rendering");
        item = &fleet->items[fleet->next++];
    }
    pthread_mutex_unlock(&fleet->mutex);
    return item;
}

static void *work(void *context) {
    struct fleet *fleet = context;
    for (struct item *item; (item = take(fleet));)
        prepare(fleet, item);
    return NULL;
}

static void prepare_all(struct fleet *fleet) {
    pthread_t threads[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (size_t)cores, n = 0;
    documents_in_threads();
    plists_in_threads();
    while (n + 1 < wanted && n + 1 < fleet->n &&
           pthread_create(&threads[n], NULL, work, fleet) == 0)
        n++;
    work(fleet);
    while (n)
        pthread_join(threads[--n], NULL);
    batch_progress(fleet->n, fleet->n, "");
}

/* -- what is taken twice -- */

static int by_name(const void *a, const void *b) {
    const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x > y) - (x < y);
}

/* Reads it once more: where things stand is not kept for a thousand specs. */
static const struct spec *read_again(struct item *item) {
    if (!item->wrong) {
        item->wrong = reading_new(diagnostics_new());
        item->again = load_spec(item->wrong, item->path);
    }
    return item->again;
}

static void complain_about_twin(struct item *item) {
    const struct spec *spec = read_again(item);
    if (spec)
        complain(item->wrong, at_value(spec->at, "name"),
                 "another of these specs is called \"%s\" too", item->name);
}

static void complain_about_clash(const struct clash *clash, void *context) {
    const struct fleet *fleet = context;
    struct item *a = &fleet->items[clash->a->owner], *b = &fleet->items[clash->b->owner];
    const struct spec *spec = read_again(b);
    a->twin = b->twin = true;
    if (spec)
        clash_tell(b->wrong, spec, clash, a->name, a->path);
}

static void find_clashes(struct fleet *fleet) {
    struct claims claims = {0};
    for (size_t i = 0; i < fleet->n; i++)
        if (!fleet->items[i].twin)
            claims_take(&claims, &fleet->items[i].claims);
    claims_find(&claims, complain_about_clash, fleet);
    claims_free(&claims);
}

static void find_twins(struct fleet *fleet) {
    struct item **sorted = must_alloc(fleet->n * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < fleet->n; i++)
        if (fleet->items[i].name)
            sorted[n++] = &fleet->items[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            sorted[i - 1]->twin = sorted[i]->twin = true;
            complain_about_twin(sorted[i]);
        }
    free(sorted);
}

/* -- committing -- */

/* Another process was quicker with this sandbox: once more, on top of its commit. */
static enum store_result commit_again(struct fleet *fleet, struct item *item) {
    for (int i = 0; item->result == STORE_DONE && store_draft_overtaken(item->draft); i++) {
        if (i == TRIES)
            return STORE_DONE; /* report() says so */
        forget(item);
        prepare(fleet, item);
        if (!item->name || fleet->error)
            return fleet->error ? fleet->result : STORE_DONE;
        enum store_result result = STORE_DONE;
        if (item->result == STORE_DONE)
            result = store_commit(fleet->store, &item->draft, 1);
        if (result != STORE_DONE)
            return result;
    }
    return STORE_DONE;
}

static enum store_result commit_some(struct fleet *fleet, size_t *at) {
    struct store_draft *drafts[COMMIT_AT_ONCE];
    size_t n = 0, first = *at;
    for (; *at < fleet->n && n < COMMIT_AT_ONCE; ++*at) {
        struct item *item = &fleet->items[*at];
        if (item->name && !item->twin && item->result == STORE_DONE)
            drafts[n++] = item->draft;
    }
    batch_progress(first, fleet->n, "committing");
    enum store_result result = n ? store_commit(fleet->store, drafts, n) : STORE_DONE;
    for (size_t i = first; result == STORE_DONE && i < *at; i++)
        if (fleet->items[i].name && !fleet->items[i].twin)
            result = commit_again(fleet, &fleet->items[i]);
    return result;
}

static enum store_result commit_all(struct fleet *fleet) {
    enum store_result result = STORE_DONE;
    for (size_t at = 0; result == STORE_DONE && at < fleet->n;)
        result = commit_some(fleet, &at);
    batch_progress(fleet->n, fleet->n, "");
    return result;
}

/* Who asks for no commit is not asked for a key. */
static bool find_key(const struct fleet *fleet, const char *asked, struct signing_key *signing) {
    struct signing_wish *wishes = must_alloc(fleet->n * sizeof *wishes);
    size_t n = 0;
    for (size_t i = 0; i < fleet->n; i++) {
        const struct item *item = &fleet->items[i];
        if (item->name && !item->twin && item->result == STORE_DONE)
            wishes[n++] = (struct signing_wish){item->name, item->key};
    }
    bool found = signing_of_specs(signing, asked, wishes, n);
    free(wishes);
    return found;
}

static enum exit_code commit_signed(struct fleet *fleet, const char *asked) {
    SIGNING_CLEANUP struct signing_key signing;
    if (!find_key(fleet, asked, &signing))
        return EXIT_WRONG;
    store_sign_with(fleet->store, signing_signer(&signing));
    return store_exit(commit_all(fleet));
}

/* -- what is told -- */

static void report(const struct fleet *fleet) {
    size_t committed = 0, unchanged = 0, wrong = 0;
    for (size_t i = 0; i < fleet->n; i++) {
        const struct item *item = &fleet->items[i];
        if (!item->name || item->twin) {
            wrong++;
        } else if (item->result == STORE_UNCHANGED) {
            unchanged++;
            printf("%s: nothing changed\n", item->name);
        } else {
            committed++;
            printf("%s: committed %.10s (%zu added, %zu changed, %zu removed)\n", item->name,
                   store_draft_id(item->draft)->hex, item->count.added, item->count.changed,
                   item->count.removed);
        }
    }
    if (committed && store_by_hand(fleet->store))
        printf("on top of %s, which people committed\n", store_by_hand(fleet->store));
    printf("%zu committed, %zu unchanged, %zu wrong in %s\n", committed, unchanged, wrong,
           fleet->repository);
}

static void report_json(const struct fleet *fleet) {
    BUF_CLEANUP struct buf text = {0};
    struct json_writer j;
    jw_start(&j, &text);
    jw_array(&j);
    for (size_t i = 0; i < fleet->n; i++) {
        const struct item *item = &fleet->items[i];
        if (item->name && !item->twin)
            render_json(&j, (struct name){item->name}, store_draft_id(item->draft),
                        item->result == STORE_DONE, &item->message.policy, &item->message.changes);
    }
    jw_end(&j);
    jw_finish(&j);
    fwrite(text.data, 1, text.len, stdout);
}

static enum exit_code report_wrong(const struct fleet *fleet) {
    enum exit_code code = EXIT_DONE;
    fflush(stdout);
    for (size_t i = 0; i < fleet->n; i++) {
        if (fleet->items[i].wrong)
            diagnostics_print(fleet->items[i].wrong->diagnostics, stderr,
                              command_color(STDERR_FILENO));
        if (fleet->items[i].wrong || fleet->items[i].twin)
            code = EXIT_WRONG;
    }
    return code;
}

static void free_items(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->n; i++)
        forget(&fleet->items[i]);
    free(fleet->items);
    free(fleet->error);
}

static bool any_good(const struct fleet *fleet) {
    for (size_t i = 0; i < fleet->n; i++)
        if (fleet->items[i].name && !fleet->items[i].twin)
            return true;
    return false;
}

enum exit_code fleet_render(const struct call *call, const char *repository) {
    const size_t n = call->argument_count;
    struct fleet fleet = {.repository = repository, .json = call->json, .n = n};
    enum exit_code code = EXIT_DONE;
    fleet.items = must_alloc(n * sizeof *fleet.items);
    for (size_t i = 0; i < n; i++)
        fleet.items[i].path = call->arguments[i];
    pthread_mutex_init(&fleet.mutex, NULL);
    store_warm_up();
    prepare_all(&fleet);
    if (fleet.error)
        code = command_fail(fleet.result == STORE_REFUSED ? EXIT_WRONG : EXIT_FAILED, "%s",
                            fleet.error);
    find_twins(&fleet);
    find_clashes(&fleet);
    if (code == EXIT_DONE)
        code = commit_signed(&fleet, call->sign);
    if (code == EXIT_DONE && call->json)
        report_json(&fleet);
    else if (code == EXIT_DONE && any_good(&fleet))
        report(&fleet);
    enum exit_code wrong = report_wrong(&fleet);
    store_close(fleet.store);
    store_settle();
    free_items(&fleet);
    pthread_mutex_destroy(&fleet.mutex);
    return code == EXIT_DONE ? wrong : code;
}
