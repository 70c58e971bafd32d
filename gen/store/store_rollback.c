/* Going back: never a reset, always a new commit with an older tree. */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <string.h>

#define ROLL_BACK "Roll back to generation "
#define ROLL_ONE "Roll %s back to generation "

/* The trailers say what wrote that tree, so they come along. */
static const char *trailers_of(const git_commit *commit) {
    const char *message = git_commit_message(commit), *last = strstr(message, "\nSpec-SHA256: ");
    return last ? last : strstr(message, "\n" GENERATOR_TRAILER);
}

/* Whether the newest generation is a rollback whose checkout was finished only now: then what is
 * asked for is done, and once more would undo it. */
static bool was_this(const struct store *store, const git_commit *head, const char *sandbox) {
    BUF_CLEANUP struct buf start = {0};
    if (store_is_fleet(store))
        buf_printf(&start, ROLL_ONE, sandbox);
    else
        buf_lit(&start, ROLL_BACK);
    return store->finished && strncmp(git_commit_message(head), start.data, start.len) == 0;
}

/* The generation before the one that gave the sandbox its present tree. */
static enum store_result before(struct store *store, const git_commit *head, const char *sandbox,
                                git_commit **target) {
    GIT_CLEANUP(git_commit) git_commit *changed = NULL;
    enum store_result result;
    if (!store_is_fleet(store))
        result = git_commit_dup(&changed, (git_commit *)head) < 0
                     ? store_git_failed("read the history")
                     : STORE_DONE;
    else
        result = store_wrote(store, head, sandbox, &changed);
    if (result != STORE_DONE)
        return result;
    result = store_parent(store, changed, target);
    if (result == STORE_UNCHANGED)
        return store_fail(STORE_REFUSED, "generation 1 is the first: nothing is before it");
    return result;
}

static enum store_result find_target(struct store *store, const git_commit *head,
                                     const char *sandbox, const char *revision, git_commit **target,
                                     struct object_id *tree) {
    struct object_id now;
    enum store_result result = store_tree_of(store, head, sandbox, &now);
    if (result == STORE_UNCHANGED)
        return store_fail(STORE_REFUSED, "%s has no sandbox %s", store->folder, sandbox);
    if (result == STORE_DONE)
        result =
            revision ? store_find(store, revision, target) : before(store, head, sandbox, target);
    if (result != STORE_DONE)
        return result;
    result = store_tree_of(store, *target, sandbox, tree);
    if (result == STORE_UNCHANGED)
        return store_fail(STORE_REFUSED, "%s has no sandbox %s: nothing to go back to",
                          revision ? revision : "the generation before", sandbox);
    if (result == STORE_DONE && object_same(&now, tree))
        return STORE_UNCHANGED;
    return result;
}

static enum store_result describe(struct store *store, git_commit *head, git_commit *target,
                                  struct store_rollback *what) {
    git_oid_tostr(what->from.hex, sizeof what->from.hex, git_commit_id(head));
    git_oid_tostr(what->to.hex, sizeof what->to.hex, git_commit_id(target));
    what->subject = git_commit_summary(target);
    enum store_result result = store_count(store, head, &what->newest);
    if (result == STORE_DONE)
        result = store_count(store, target, &what->target);
    return result;
}

static enum store_result write_message(struct store *store, const char *sandbox,
                                       const git_commit *target, const struct store_rollback *what,
                                       void (*body)(struct store *, const struct store_rollback *,
                                                    struct buf *, void *),
                                       void *context, struct buf *message) {
    GIT_CLEANUP(git_commit) git_commit *wrote = NULL;
    enum store_result result = store_wrote(store, target, sandbox, &wrote);
    if (result != STORE_DONE)
        return result;
    const char *trailers = trailers_of(wrote);
    if (store_is_fleet(store))
        buf_printf(message, ROLL_ONE "%zu\n\n", sandbox, what->target);
    else
        buf_printf(message, ROLL_BACK "%zu: %s\n\n", what->target, what->subject);
    body(store, what, message, context);
    buf_str(message, trailers ? trailers : "");
    return STORE_DONE;
}

static void give_message(const struct store_before *before, void *context, struct buf *out) {
    const struct buf *message = context;
    (void)before;
    buf_add(out, message->data, message->len);
}

static enum store_result commit_tree(struct store *store, const char *sandbox,
                                     const struct object_id *id, struct buf *message,
                                     struct store_id *out) {
    TREE_CLEANUP struct tree tree = {0};
    struct store_draft *draft = NULL;
    enum store_result result = store_load_tree(store, id, &tree);
    if (result == STORE_DONE)
        result = store_draft(store, sandbox ? sandbox : "", &tree, give_message, message, &draft);
    if (result == STORE_DONE)
        result = store_commit(store, &draft, 1);
    if (result == STORE_DONE && store_draft_overtaken(draft))
        result = store_busy();
    if (result == STORE_DONE)
        *out = *store_draft_id(draft);
    store_draft_free(draft);
    return result;
}

enum store_result store_rollback(struct store *store, const char *sandbox, const char *revision,
                                 void (*body)(struct store *store,
                                              const struct store_rollback *what, struct buf *out,
                                              void *context),
                                 void *context, struct store_id *out) {
    GIT_CLEANUP(git_commit) git_commit *head = NULL;
    GIT_CLEANUP(git_commit) git_commit *target = NULL;
    BUF_CLEANUP struct buf message = {0};
    struct store_rollback what;
    struct object_id tree;
    enum store_result result = store_need_head(store, &head);
    if (result != STORE_DONE)
        return result;
    git_oid_tostr(out->hex, sizeof out->hex, git_commit_id(head));
    if (!revision && was_this(store, head, sandbox))
        return STORE_DONE;
    result = find_target(store, head, sandbox, revision, &target, &tree);
    if (result == STORE_DONE)
        result = describe(store, head, target, &what);
    if (result == STORE_DONE)
        result = write_message(store, sandbox, target, &what, body, context, &message);
    if (result == STORE_DONE)
        result = commit_tree(store, sandbox, &tree, &message, out);
    return result;
}
