/*
 * The history: each render is a commit of a git repository, made from memory; libgit2 reads the
 * repository and moves its branch.
 *
 * A repository of one sandbox has a checkout and an index (Nix reads a work tree through its
 * index). A fleet's repository is bare, and holds each sandbox below sandboxes/HH/NAME, HH being
 * the first two digits of `printf %s NAME | git hash-object --stdin`. So they are made; a clone of
 * either may be bare or not, and stays what it is: its tree says so.
 *
 * To commit: store_draft() for each sandbox, then store_commit() for all of them at once: one pack,
 * one move of the branch, a commit each. A process that is killed anywhere in between leaves the
 * generation before or the new one; the next one that opens the store for writing finishes the
 * rest.
 *
 * Functions return STORE_DONE or a failure; then store_error() says what happened, in a sentence
 * that lasts until the thread's next call. Nothing is ever reset or overwritten: a checkout that is
 * not as committed, a folder that is not ours, make them return STORE_REFUSED, with nothing
 * changed.
 */
#ifndef STORE_H
#define STORE_H

#include "base/buf.h"
#include "base/sha256.h"
#include "base/tree.h"

#include <stdio.h>
#include <time.h>

#define GENERATOR_TRAILER "Generator-Version: " /* in every commit of ours */

struct store;

enum store_result {
    STORE_DONE,
    STORE_UNCHANGED, /* the newest commit has this very tree */
    STORE_REFUSED,   /* the user must decide: exit code 2 */
    STORE_FAILED,    /* the system did not do it: exit code 1 */
};

const char *store_error(void);

enum store_mode {
    STORE_READ,  /* it must exist */
    STORE_WRITE, /* ... or is made; its checkout must be as committed */
    STORE_FLEET, /* the same for a bare one */
};

/* Begins to load what takes time to load, in a thread of its own; store_open() waits for it. To be
 * called once, before any other thread runs, when a store will be opened. */
void store_warm_up(void);
/* Ends that thread; who opens no store after all must not end the process beside it. */
void store_settle(void);

/* folder NULL: the repository around the working folder. The caller closes *store, also after a
 * failure. A repository with a checkout that is opened for writing is this process's alone until
 * store_close(): others wait. A fleet's is locked only by store_commit(). */
enum store_result store_open(struct store **store, const char *folder, enum store_mode mode);
void store_close(struct store *store);
bool store_is_fleet(const struct store *store);
/* Whether it is not bare: files stand beside it, and follow what is committed. */
bool store_has_checkout(const struct store *store);
/* The newest commit when the store was opened, as 'ID "SUBJECT"', where no command of ours made it:
 * a merge, a revert, an amended one. NULL: one did. */
const char *store_by_hand(const struct store *store);
/* Where its files stand; lasts as long as the store. */
const char *store_folder(const struct store *store);

/* HEAD's branch, "refs/heads/main"; the caller frees it. NULL: HEAD is detached, or can't be read.
 */
char *store_branch(const struct store *store);

/* Makes an armored signature (gpgsig) of a commit's bytes; false: it can't, and store_fail() or the
 * like has said why. Called in the thread of store_commit(). */
struct store_signer {
    bool (*sign)(const char *commit, size_t length, void *context, struct buf *signature);
    void *context;
};
/* NULL, as at the start: commits are not signed. The signer must live as long as the store;
 * store may be NULL, when it could not be opened. */
void store_sign_with(struct store *store, const struct store_signer *signer);

/* Commits are named by 40 hex digits. */
struct store_id {
    char hex[41];
};

enum { STORE_ADDED = 'A', STORE_CHANGED = 'M', STORE_REMOVED = 'D' };

/* One file that differs between two trees; lines count only in files of text. Paths are those in
 * the sandbox, also in a fleet. */
struct store_change {
    char status;
    const char *path;
    size_t lines_added, lines_removed;
};
typedef void store_change_fn(const struct store_change *change, void *context);

/* What committing the tree would change, sorted by path. sandbox is needed only in a fleet. Writes
 * nothing. */
enum store_result store_compare(struct store *store, const char *sandbox, const struct tree *tree,
                                store_change_fn *each, void *context);
/* The same as a unified diff on out. */
enum store_result store_print_patch(struct store *store, const char *sandbox,
                                    const struct tree *tree, FILE *out);

/* -- committing -- */

/* What a commit's message is made of; all of it lasts as long as the call that it is given to. */
struct store_before {
    const struct store_change *changes; /* sorted by path */
    size_t change_count;
    const char *spec; /* spec.json of the sandbox's newest generation, NUL-terminated; NULL: none */
    size_t spec_length;
};
typedef void store_message_fn(const struct store_before *before, void *context, struct buf *out);

/* The next generation of one sandbox. */
struct store_draft;

/*
 * Compares the tree with the newest generation, asks for the message, and gets what is new ready
 * for the pack. STORE_UNCHANGED when nothing is; there is a draft then too, and store_draft_id()
 * names the newest commit. Any thread; several at a time. The caller frees *draft, also after a
 * failure. tree must live until store_commit(), but for a fleet's.
 */
enum store_result store_draft(struct store *store, const char *sandbox, const struct tree *tree,
                              store_message_fn *message, void *context, struct store_draft **draft);
void store_draft_free(struct store_draft *draft);

/* Commits the drafts, one commit each, in this order, and brings the checkout along. When it has
 * failed, the branch is where it was. */
enum store_result store_commit(struct store *store, struct store_draft **drafts, size_t n);

/* After STORE_DONE of store_commit(): whether this one was left out, because another process
 * committed the same sandbox meanwhile. It must be drafted and committed again. */
bool store_draft_overtaken(const struct store_draft *draft);
const struct store_id *store_draft_id(const struct store_draft *draft);

/* STORE_FAILED, and says that others are too quick. */
enum store_result store_busy(void);

/* -- generations -- */

struct store_generation {
    struct store_id id;
    size_t number; /* 1 is the oldest */
    time_t when;   /* seconds since the epoch */
    const char *subject;
    const char *message; /* whole */
};

/* Newest first. each returns false to stop. */
enum store_result store_log(struct store *store,
                            bool (*each)(const struct store_generation *, void *context),
                            void *context);

/* The same from this generation on; their numbers are counted from it, as 0, 1 and so on. */
enum store_result store_log_from(struct store *store, const char *revision,
                                 bool (*each)(const struct store_generation *, void *context),
                                 void *context);

/* How many generations, at most that many, are newer than this commit, and which is the newest.
 * STORE_UNCHANGED: it is not among those. */
enum store_result store_since(struct store *store, const char *hex, size_t most, size_t *n,
                              struct store_id *newest);

/* One generation: revision as git reads it ("HEAD", "main~2", an id), or a generation's number. */
enum store_result store_show(struct store *store, const char *revision,
                             void (*each)(const struct store_generation *, void *context),
                             store_change_fn *change, void *context);
/* The changed paths alone, and of a fleet only which sandboxes: how old the generation is costs
 * nothing, and no lines are counted. */
enum store_result store_changes(struct store *store, const char *revision, store_change_fn *change,
                                void *context);

/* Appends the file at path of a generation's tree to out; in a fleet, of that sandbox's folder
 * there. revision NULL: the newest. STORE_UNCHANGED, and nothing appended: there is no generation
 * yet, or no such file in it. */
enum store_result store_read_file(struct store *store, const char *revision, const char *sandbox,
                                  const char *path, struct buf *out);

/* Adds all files of a fleet's sandbox at the newest generation to the tree, and names its commit.
 */
enum store_result store_load_sandbox(struct store *store, const char *sandbox, struct tree *tree,
                                     struct store_id *id);
/* STORE_REFUSED where it is not the work tree of one sandbox. */
enum store_result store_need_work_tree(const struct store *store);

/* The names of a fleet's sandboxes in a generation; one call with NULL where there is no fleet.
 * Stops when each does not return STORE_DONE, and returns that. */
enum store_result store_each_sandbox(struct store *store, const char *revision,
                                     enum store_result (*each)(const char *sandbox, void *context),
                                     void *context);

struct store_reproduction {
    struct store_id commit, committed, rendered; /* a commit, and the ids of two trees */
    char version[64]; /* of the generator that wrote the committed tree; "": it does not say */
};

/* STORE_UNCHANGED: the tree is the one that the generation holds. STORE_DONE: each was told how
 * they differ. tree NULL: only says who wrote the committed one. Writes nothing. */
enum store_result store_reproduce(struct store *store, const char *revision, const char *sandbox,
                                  const struct tree *tree, store_change_fn *each, void *context,
                                  struct store_reproduction *out);

/* The branch that the newest generation is on, in full: refs/heads/main. */
enum store_result store_branch_of_newest(struct store *store, struct buf *name);

/* Who signed a generation: the armored signature and what was signed are appended. STORE_UNCHANGED:
 * nobody. */
enum store_result store_signature(struct store *store, const char *revision, struct buf *signature,
                                  struct buf *signed_text);

/* Somebody's approval of a commit, by the SHA-256 of the key, in hex: a blob that
 * APPROVALS/COMMIT/KEY names, so that approvals of several people never conflict. STORE_UNCHANGED:
 * there is none, or nothing that can be one (no blob, or a long one). */
#define STORE_APPROVALS "refs/agent-sandbox/approvals"
enum store_result store_read_approval(struct store *store, const char *commit, const char *key,
                                      struct buf *out);
/* In place of what stands there. */
enum store_result store_write_approval(struct store *store, const char *commit, const char *key,
                                       const struct buf *approval);

struct store_rollback {       /* what a rollback is about to do */
    size_t newest, target;    /* generations */
    struct store_id from, to; /* their commits */
    const char *subject;      /* of the target */
};

/* A new commit with the tree of revision (NULL: of the generation before the newest, or, in a
 * fleet, before the newest that changed this sandbox). body appends to the message what is undone:
 * it stands between the subject and the trailers. */
enum store_result store_rollback(struct store *store, const char *sandbox, const char *revision,
                                 void (*body)(struct store *store,
                                              const struct store_rollback *what, struct buf *out,
                                              void *context),
                                 void *context, struct store_id *id);

/* Which commit of which local clone. */
struct store_source {
    const char *folder;       /* of the clone; its history is anybody's */
    const char *revision;     /* as git reads it; NULL: ref */
    const char *ref;          /* a branch or a tag; "": HEAD */
    const char *owner, *repo; /* what it is a clone of, at the forge */
};

/* A commit as flake.lock pins it. */
struct store_pin {
    struct store_id id;
    char hash[SHA256_SRI_SIZE]; /* of the NAR of its tree */
    int64_t modified;           /* its committer time, in seconds since the epoch */
};

/* Refuses a commit whose tarball at the forge differs from its tree. Writes nothing. */
enum store_result store_pin(const struct store_source *source, struct store_pin *pin);

/* Appends the commit that revision names in the bare repository at folder, with all that it holds,
 * as git/kept.h has it. STORE_REFUSED: there is none, or it is too large. */
enum store_result store_keep(const char *folder, const char *revision, struct store_id *id,
                             struct buf *text);

#endif
