/* From drafts to commits: one pack, one move of the branch. */
#include "base/buf_raw.h"
#include "base/calendar.h"
#include "base/die.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 20, FLUSH_AT = 8 << 20 };

/* What one try brings. */
struct attempt {
    struct store_tip tip; /* after it */
    size_t commits;
    struct pack pack;
};

static enum store_result add_commit(struct store *store, struct attempt *attempt,
                                    const struct object_id *root, const char *message,
                                    struct store_id *out) {
    BUF_CLEANUP struct buf commit = {0};
    BUF_CLEANUP struct buf signature = {0};
    const struct object_id *parent = attempt->tip.exists ? &attempt->tip.commit : NULL;
    time_t when = calendar_now();
    object_write_commit(root, parent, when, NULL, message, &commit);
    if (store->signer) {
        if (!store->signer->sign(commit.data, commit.len, store->signer->context, &signature))
            return store_fail(STORE_FAILED,
                              "the commit could not be signed; nothing was committed");
        commit.len = 0;
        object_write_commit(root, parent, when, signature.data, message, &commit);
    }
    struct object_id id = object_name(OBJECT_COMMIT, commit.data, commit.len);
    pack_add_plain(&store->pack, OBJECT_COMMIT, &id, commit.data, commit.len);
    object_hex(&id, out->hex);
    attempt->tip = (struct store_tip){true, id, *root};
    attempt->commits++;
    return STORE_DONE;
}

/* Whether the sandbox's tree is another one than the draft was compared with. */
static bool is_overtaken(struct store *store, const struct store_draft *draft) {
    const struct object_id *now = store_outer_find(store, draft->sandbox);
    return draft->had_before ? !now || !object_same(now, &draft->before) : now != NULL;
}

static enum store_result add_draft(struct store *store, struct attempt *attempt,
                                   struct store_draft *draft) {
    struct object_id root = draft->own;
    if (store_is_fleet(store)) {
        enum store_result result = store_outer_load(store, draft->sandbox);
        if (result != STORE_DONE)
            return result;
        draft->overtaken = is_overtaken(store, draft);
        if (draft->overtaken)
            return STORE_DONE;
        store_outer_set(store, draft->sandbox, &draft->own, &root);
    }
    return add_commit(store, attempt, &root, draft->message.data, &draft->id);
}

/* All new objects become one pack: one file to make durable instead of fifty. */
static enum store_result write_pack(struct store *store, struct pack *pack) {
    BUF_CLEANUP struct buf index = {0};
    BUF_CLEANUP struct buf folder = {0};
    char name[41];
    pack_finish(pack, &index, name);
    buf_printf(&folder, "%sobjects/pack", git_repository_commondir(store->repository));
    return store_write_pack(folder.data, &pack->bytes, &index, name);
}

enum store_result store_flush(struct store *store) {
    struct pack pack = {0};
    pthread_mutex_lock(&store->mutex);
    if (store->pack.bytes.len >= FLUSH_AT) {
        pack = store->pack;
        store->pack = (struct pack){0};
    }
    pthread_mutex_unlock(&store->mutex);
    enum store_result result = pack.n ? write_pack(store, &pack) : STORE_DONE;
    pack_free(&pack);
    return result;
}

/* Objects first, then the branch: whoever is killed between leaves the old generation. */
static enum store_result publish(struct store *store, struct attempt *attempt, bool *overtaken) {
    enum store_result result = write_pack(store, &attempt->pack);
    pack_free(&attempt->pack);
    if (result == STORE_DONE && store->fleet && store_has_checkout(store))
        result = store_begin_following(store, &attempt->tip.commit);
    if (result == STORE_DONE)
        result = store_move_branch(store, &attempt->tip.commit, overtaken);
    if (result == STORE_DONE && !*overtaken) {
        store->tip = attempt->tip;
        store->committed = true;
    }
    return result;
}

static enum store_result try_drafts(struct store *store, struct store_draft **drafts, size_t n,
                                    bool *overtaken) {
    struct attempt attempt = {.tip = store->tip};
    enum store_result result = STORE_DONE;
    for (size_t i = 0; result == STORE_DONE && i < n; i++)
        result = add_draft(store, &attempt, drafts[i]);
    *overtaken = false;
    if (result != STORE_DONE || attempt.commits == 0)
        return result;
    attempt.pack = store->pack;
    store->pack = (struct pack){0};
    return publish(store, &attempt, overtaken);
}

/* Others may have committed since the drafts were made: only the outer trees and the commits are
 * made anew then, on top of theirs. */
static enum store_result commit_in_turn(struct store *store, struct store_draft **drafts,
                                        size_t n) {
    enum store_result result = store->alone ? STORE_DONE : store_read_tip(store);
    bool overtaken = true;
    for (int i = 0; result == STORE_DONE && overtaken && i < TRIES; i++) {
        result = try_drafts(store, drafts, n, &overtaken);
        if (result != STORE_DONE || overtaken)
            store_outer_forget(store);
        if (result == STORE_DONE && overtaken && store->alone)
            break;
        if (result == STORE_DONE && overtaken)
            result = store_read_tip(store);
    }
    return result == STORE_DONE && overtaken ? store_busy() : result;
}

enum store_result store_busy(void) {
    return store_fail(STORE_FAILED, "another process committed meanwhile; do it again");
}

static enum store_result follow(struct store *store, const struct store_draft *draft,
                                const struct store_tip *before) {
    enum store_result result = STORE_DONE;
    char hex[41];
    if (!store_has_checkout(store) || object_same(&before->commit, &store->tip.commit))
        return STORE_DONE;
    result = store->fleet ? store_follow_fleet(store, &before->commit, &store->tip.commit, false)
                          : store_follow(store, draft);
    if (result == STORE_DONE)
        return result;
    BUF_CLEANUP struct buf why = {0};
    buf_str(&why, store_error());
    object_hex(&store->tip.commit, hex);
    return store_fail(STORE_FAILED,
                      "%s; generation %.10s is committed, and the same command again finishes its "
                      "checkout",
                      why.data, hex);
}

enum store_result store_commit(struct store *store, struct store_draft **drafts, size_t n) {
    enum store_result result = STORE_DONE;
    const struct store_tip before = store->tip;
    if (!store->fleet && n != 1)
        die("%zu drafts for one sandbox", n);
    if (!store->fleet && store_has_checkout(store))
        result = store_check_room(store, drafts[0]);
    if (!store->alone)
        result = store_take_turn(store);
    if (result == STORE_DONE) {
        pthread_mutex_lock(&store->mutex);
        result = commit_in_turn(store, drafts, n);
        pthread_mutex_unlock(&store->mutex);
    }
    if (!store->alone)
        store_end_turn(store);
    return result == STORE_DONE ? follow(store, drafts[0], &before) : result;
}
