/* What the store_*.c share. Nothing else includes libgit2. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "git/pack.h"
#include "git/snapshot.h"
#include "store/store.h"

#include <git2.h>
/* There git_error_clear stands now; Debian 12's 1.5 has no such file
 * (findings/libgit2-error-clear.sh). */
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <pthread.h>
#include <sys/stat.h>

/* The newest commit, as it was read; exists is false when there is none. */
struct store_tip {
    bool exists;
    struct object_id commit, tree;
};

/* A fleet's outer tree objects, read when they are asked for. */
struct store_outer {
    struct buf root, all, some[256]; /* the top, sandboxes/, sandboxes/HH/ */
    bool loaded, some_loaded[256];
};

struct store {
    git_repository *repository;
    git_odb *odb;       /* NULL until it is asked for: store_odb() */
    char *folder, *own; /* own: the folder of our own files in the git folder */
    bool fleet;         /* what it holds: store_kind.c */
    char *by_hand;      /* NULL, or what people committed last: store_by_hand() */
    bool finished;      /* its checkout was brought along for a process that was interrupted */
    bool alone;         /* nobody else commits until it is closed */
    bool made;          /* by this process just now */
    bool committed;     /* the same */
    int turn, packs;    /* locks (store_lock.c); -1: not held */
    const struct store_signer *signer;

    /* Threads that draft share what follows, and libgit2. */
    pthread_mutex_t mutex;
    struct store_tip tip;
    struct store_outer outer;
    struct pack pack; /* what the next commit brings */
};

struct store_draft {
    char *sandbox;
    bool had_before, overtaken;
    struct object_id before, own; /* the sandbox's tree, as it was and as it will be */
    struct store_change *changes;
    size_t change_count, change_cap;
    struct buf message;
    struct store_id id;
    /* For the checkout. */
    const struct tree *tree;
    struct snapshot snapshot;
    struct store_stage *stage; /* NULL, or the first one, in the making */
};

#define GIT_CLEANUP(type) __attribute__((cleanup(free_##type)))
#define GIT_FREE(type)                                                                             \
    static inline void free_##type(type **p) {                                                     \
        type##_free(*p);                                                                           \
    }
GIT_FREE(git_commit)
GIT_FREE(git_tree)
GIT_FREE(git_tree_entry)
GIT_FREE(git_blob)
GIT_FREE(git_object)
GIT_FREE(git_odb_object)
GIT_FREE(git_reference)
GIT_FREE(git_status_list)
GIT_FREE(git_index)
GIT_FREE(git_patch)
GIT_FREE(git_repository)
GIT_FREE(git_odb)
GIT_FREE(git_config)
GIT_FREE(git_config_iterator)
GIT_FREE(git_config_entry)

/* store_error.c */
enum store_result store_fail(enum store_result result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The system's failure, with libgit2's words for it. */
enum store_result store_git_failed(const char *doing);
/* The same where an object was read: says too why it may be missing, and what brings it back. */
enum store_result store_read_failed(const struct store *store, const char *doing);
/* The same with errno's; path may be NULL. */
enum store_result store_system_failed(const char *doing, const char *path);

/* store_handle.c */
struct object_id store_object_id(const git_oid *id);
git_oid store_git_id(const struct object_id *id);
git_odb *store_odb(struct store *store);
/* NULL when there is no commit yet. */
enum store_result store_head(struct store *store, git_commit **head);

/* store_open.c. Before anything else of libgit2's; again is harmless. */
void store_start_library(void);
/* Reads where the branch is now into store->tip; forgets the outer trees of another one. */
enum store_result store_read_tip(struct store *store);

/* store_repository.c. folder NULL: the one around the working folder. STORE_UNCHANGED: there is
 * none. */
enum store_result store_open_repository(const char *folder, git_repository **out);
/* The same as store_git_failed(), where the index was read. */
enum store_result store_index_failed(const struct store *store, const char *doing);

/* store_kind.c: KIND_NONE: neither the commit nor one before it is of ours. */
enum store_kind { KIND_NONE, KIND_SANDBOX, KIND_FLEET };
enum store_result store_find_kind(struct store *store, const git_commit *head,
                                  enum store_kind *kind);

/* store_init.c: makes a repository with our own hands, or finishes one whose making was killed. */
enum store_result store_init(const char *folder, bool bare);
/* Whether there is nothing in the folder but what a killed store_init() left; -1: can't say. */
int store_is_unmade(const char *folder, bool bare);

/* store_lock.c. What another process is at is waited for. */
enum store_result store_take_turn(struct store *store);
void store_end_turn(struct store *store);
/* Keeps others from deleting packs, which this process may be reading. */
void store_use_packs(struct store *store);
/* Whether this process is the only one; then nobody else begins until store_share_packs(). */
bool store_own_packs(struct store *store);
void store_share_packs(struct store *store);
/* The commit to which the last process that had the turn was moving the branch when it was killed;
 * empty when it ended well. */
void store_read_moving(struct store *store, char hex[41]);
void store_note_moving(struct store *store, const char *hex); /* NULL: done */

/* store_disk.c: what is there after it, is there after a loss of power too. */
enum store_result store_write_pack(const char *folder, const struct buf *pack,
                                   const struct buf *index, const char *name);
/* The same for a pack that was written under another name; pack: its descriptor, which is synced
 * and closed here, or -1 when it is on the disk already. */
enum store_result store_place_pack(const char *folder, const char *new_pack, int pack,
                                   const struct buf *index, const char *name);
/* A new file, its writing begun and its writing ended: who begins several before ending the first
 * waits for the disk hardly longer than for one. Each that was begun is ended, also after a failure
 * (descriptor is -1 where there is none): closed, and synced when result is STORE_DONE. Returns
 * result, or its own failure. */
enum store_result store_begin_file(const char *path, mode_t mode, const struct buf *data,
                                   int *descriptor);
enum store_result store_end_file(const char *path, int descriptor, enum store_result result);
enum store_result store_write_all(int descriptor, const void *data, size_t n);
int store_sync(int descriptor);
enum store_result store_sync_folder(const char *folder);

/* store_fold.c: makes one pack of many small ones, when nothing more is read. */
void store_fold(struct store *store);

/* store_outer.c */
enum store_result store_outer_load(struct store *store, const char *sandbox);
/* Where the sandbox's tree stands at the tip; NULL when it has none. After store_outer_load(). */
const struct object_id *store_outer_find(struct store *store, const char *sandbox);
/* Puts it there in memory, and the trees above it in the pack; root gets the new top. */
void store_outer_set(struct store *store, const char *sandbox, const struct object_id *own,
                     struct object_id *root);
void store_outer_forget(struct store *store);

/* store_compare.c: each change between a tree (NULL: nothing) and a snapshot. needed, NULL or one
 * for each node, becomes true for the objects that the tree does not have. */
enum store_result store_compare_trees(struct store *store, const struct object_id *before,
                                      const struct snapshot *snapshot, store_change_fn *each,
                                      void *context, bool *needed);
enum store_result store_count_lines(struct store *store, const git_oid *old, const void *new,
                                    size_t n, struct store_change *change);

/* store_branch.c: from store->tip to id. *overtaken: it was elsewhere; then nothing has happened.
 */
enum store_result store_move_branch(struct store *store, const struct object_id *id,
                                    bool *overtaken);

/* store_commit.c: writes what is ready, when it is much, so that memory stays bounded. */
enum store_result store_flush(struct store *store);

/* store_stage.c: the first checkout, made in a thread. The snapshot, and the tree that it is of,
 * must live until the end, which also removes what got no place. */
struct store_stage;
struct store_stage *store_stage_begin(const struct store *store, const struct snapshot *snapshot);
/* Waits for it, and gives all files their places. seen: one for each file, for the index. false: it
 * could not; some may have got theirs, and none is lost. */
bool store_stage_place(const struct store *store, struct store_stage *stage, struct stat *seen);
void store_stage_end(struct store_stage *stage); /* NULL is none */
/* What a killed process left of one. */
void store_clear_stage(const struct store *store);

/* store_file.c */
enum store_result store_write_file(const char *path, const struct file *file, struct stat *st);
/* What the index will say about the file: what was written, seen again in its place. When somebody
 * was quicker, nothing: then git looks at the bytes. */
void store_see_again(const char *path, struct stat *seen);
git_filemode_t store_mode_of(const struct file *file);
/* Whether the file at path is one of these blobs; a link's blob is where it leads. */
bool store_file_is(const char *path, const struct stat *st, const git_oid *one,
                   const git_oid *other);

/* store_checkout.c. Refuses, before anything is done, what a draft's checkout would overwrite or
 * could not remove. */
enum store_result store_check_room(struct store *store, const struct store_draft *draft);
/* Writes what a draft changes, and the index. */
enum store_result store_follow(struct store *store, const struct store_draft *draft);

/* store_fleet_checkout.c. Before the branch moves from store->tip to now: refuses what is in the
 * way, and notes that the checkout will follow. */
enum store_result store_begin_following(struct store *store, const struct object_id *now);
/* finish: what a killed process left is overwritten. */
enum store_result store_follow_fleet(struct store *store, const struct object_id *before,
                                     const struct object_id *now, bool finish);
/* Whether the checkout was following to now, and from where (zeros: from nothing). */
bool store_was_following(const struct store *store, struct object_id *before,
                         const struct object_id *now);

/* store_history.c: store_head(), refused when there is none. */
enum store_result store_need_head(struct store *store, git_commit **head);

/* number: store_count()'s. */
struct store_generation store_describe(git_commit *commit, size_t number);

/* How many generations there are up to this one: its number. */
enum store_result store_count(struct store *store, const git_commit *from, size_t *n);

/* The generation before; STORE_UNCHANGED: this is the first. Never because it can't be read. */
enum store_result store_parent(struct store *store, const git_commit *commit, git_commit **parent);
/* revision as store_show() takes it. */
enum store_result store_find(struct store *store, const char *revision, git_commit **commit);

/* store_read.c: what stands at path below the tree. STORE_UNCHANGED: nothing. */
enum store_result store_entry_at(struct store *store, const git_tree *tree, const char *path,
                                 git_tree_entry **entry);

/* The whole tree of a commit, in memory. */
enum store_result store_load_tree(struct store *store, const struct object_id *root,
                                  struct tree *tree);

/* store_sandbox.c: the id of the sandbox's own tree there; STORE_UNCHANGED when it has none. */
enum store_result store_tree_of(struct store *store, const git_commit *commit, const char *sandbox,
                                struct object_id *id);
/* The commit that wrote the tree which the sandbox has in this one. */
enum store_result store_wrote(struct store *store, const git_commit *from, const char *sandbox,
                              git_commit **wrote);

/* store_clean.c: whether checkout and index are as committed; mends what an interrupted run left
 * behind. */
enum store_result store_check_clean(struct store *store);

/* The hash of the tree's NAR; refuses a tree whose tarball differs. */
enum store_result store_hash_tree(git_repository *clone, const git_tree *tree,
                                  char hash[SHA256_SRI_SIZE]);

#endif
