#include "cmd/ahead.h"
#include "base/die.h"
#include "base/utf8.h"
#include "cmd/applied.h"
#include "cmd/batch.h"
#include "cmd/command.h"
#include "render/outputs.h"
#include "store/store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1000 }; /* generations that are counted: a history may be long */

struct place {
    const char *shown; /* the repository, for a command line */
    char real[PATH_MAX];
    char spec[PATH_MAX]; /* beside it, where up has it */
    bool ups;            /* both are where up finds them without being told */
};

/* The caller's own, and of this kind: what others left there is not looked into. */
static bool is_own(const char *path, mode_t kind) {
    struct stat info;
    return lstat(path, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & S_IFMT) == kind;
}

/* An idmapped workspace shows what the agent makes as the caller's own, so none in there counts:
 * apply takes none, either. */
static bool is_ours(const char *folder) {
    char git[PATH_MAX];
    return (size_t)snprintf(git, sizeof git, "%s/.git", folder) < sizeof git &&
           is_own(folder, S_IFDIR) && is_own(git, S_IFDIR) && !applied_in_workspace(folder);
}

static bool find(struct place *place, const char *name, const char *folder) {
    char found[APPLIED_NAME];
    place->shown = folder ? folder : place->real;
    bool there = applied_tree(folder ? folder : ".", !folder, place->real, found);
    if (!there && !folder) {
        place->shown = UP_FOLDER;
        place->ups = true;
        there = applied_tree(UP_FOLDER, false, place->real, found);
    }
    if (!there || strcmp(found, name) != 0 || !is_ours(place->real))
        return false;
    const char *slash = strrchr(place->real, '/');
    int n = place->ups ? 0 : (int)(slash - place->real) + 1;
    return (size_t)snprintf(place->spec, sizeof place->spec, "%.*s" UP_SPEC, n, place->real) <
           sizeof place->spec;
}

/* A word of a shell's command line. */
static void print_word(const char *word) {
    CHAR_CLEANUP char *shown = must_copy(word);
    bool plain = !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789/._+@-")];
    utf8_hide_unseen(shown);
    fputs(plain ? "" : "'", stdout);
    for (const char *p = shown; *p; p++)
        fputs(*p == '\'' ? "'\\''" : (char[2]){*p}, stdout);
    fputs(plain ? "" : "'", stdout);
}

static void tell_repository(struct store *store, const struct place *place, const char *applied) {
    struct store_id newest;
    size_t n;
    enum store_result result = store_since(store, applied, MOST, &n, &newest);
    if (result == STORE_FAILED || result == STORE_REFUSED || (result == STORE_DONE && n == 0))
        return;
    if (result == STORE_DONE)
        printf("repository  ahead of what is applied by %zu generation%s", n, n == 1 ? "" : "s");
    else
        printf("repository  at another generation than what is applied");
    printf(" (%.10s): agent-sandbox apply -o ", newest.hex);
    print_word(place->shown);
    putchar('\n');
}

static bool same_spec(struct store *store, const struct plan *plan) {
    TREE_CLEANUP struct tree tree = {0};
    BUF_CLEANUP struct buf committed = {0};
    render_tree(plan, &tree);
    const struct file *now = tree_find(&tree, "spec.json");
    return store_read_file(store, NULL, NULL, "spec.json", &committed) != STORE_DONE ||
           (now && now->data.len == committed.len &&
            memcmp(now->data.data, committed.data, committed.len) == 0);
}

/* Resolved, as render does it: what it extends may have changed, too. */
static void tell_spec(struct store *store, const struct place *place, const char *name) {
    char *paths[] = {(char *)place->spec};
    struct batch batch;
    batch_load(&batch, paths, 1);
    if (batch_diagnostics(&batch)) {
        printf("spec        is refused now: agent-sandbox check ");
        print_word(place->spec);
        putchar('\n');
    } else if (strcmp(batch.plans[0]->name.s, name) == 0 && !same_spec(store, batch.plans[0])) {
        printf("spec        has changed since it was rendered: agent-sandbox up");
        if (!place->ups) {
            putchar(' ');
            print_word(place->spec);
            printf(" -o ");
            print_word(place->shown);
        }
        putchar('\n');
    }
    batch_free(&batch);
}

void ahead_print(const char *name, const char *folder) {
    struct place place = {.shown = NULL};
    char applied[APPLIED_COMMIT];
    struct store *store = NULL;
    if (!applied_commit(name, applied) || !find(&place, name, folder))
        return;
    if (store_open(&store, place.real, STORE_READ) == STORE_DONE && !store_is_fleet(store)) {
        tell_repository(store, &place, applied);
        if (is_own(place.spec, S_IFREG))
            tell_spec(store, &place, name);
    }
    store_close(store);
}
