/*
 * The history: each render is a commit of a git repository, made by libgit2 from memory.
 *
 * A repository of one sandbox has a checkout and an index (Nix reads a work tree through its
 * index). A fleet's repository is bare, and holds each sandbox below sandboxes/HH/NAME, HH being
 * the first two digits of `printf %s NAME | git hash-object --stdin`.
 *
 * Functions return STORE_DONE or a failure; then store_error() says what happened, in a sentence
 * that lasts until the next call. Nothing is ever reset or overwritten: a checkout that is not as
 * committed, a folder that is not ours, make them return STORE_REFUSED, with nothing changed.
 */
#ifndef STORE_H
#define STORE_H

#include "buf.h"
#include "sha256.h"
#include "tree.h"

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

/* folder NULL: the repository around the working folder. The caller closes *store. */
enum store_result store_open(struct store **store, const char *folder, enum store_mode mode);
void store_close(struct store *store);
bool store_is_fleet(const struct store *store);
/* Where its files stand; lasts as long as the store. */
const char *store_folder(const struct store *store);

/* Makes an armored signature (gpgsig) of a commit's bytes; false: it can't, and has said why. */
struct store_signer {
    bool (*sign)(const char *commit, size_t length, void *context, struct buf *signature);
    void *context;
};
/* NULL, as at the start: commits are not signed. The signer must live as long as the store. */
void store_sign_with(struct store *store, const struct store_signer *signer);

/* Commits are named by 40 hex digits. */
struct store_id {
    char hex[41];
};

enum { STORE_ADDED = 'A', STORE_CHANGED = 'M', STORE_REMOVED = 'D' };

/* One file that differs between two trees; lines count only in files of text. */
struct store_change {
    char status;
    const char *path;
    size_t lines_added, lines_removed;
};
typedef void store_change_fn(const struct store_change *change, void *context);

/* What committing the tree would change. sandbox is needed only in a fleet. Writes nothing. */
enum store_result store_compare(struct store *store, const char *sandbox, const struct tree *tree,
                                store_change_fn *each, void *context);
/* The same as a unified diff on out. */
enum store_result store_print_patch(struct store *store, const char *sandbox,
                                    const struct tree *tree, FILE *out);

/* Commits the tree and brings the checkout to it. */
enum store_result store_commit(struct store *store, const char *sandbox, const struct tree *tree,
                               const char *message, struct store_id *id);

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

/* One generation: revision as git reads it ("HEAD", "main~2", an id), or a generation's number. */
enum store_result store_show(struct store *store, const char *revision,
                             void (*each)(const struct store_generation *, void *context),
                             store_change_fn *change, void *context);

/* Appends the file at path of a generation's tree to out; in a fleet, of that sandbox's folder
 * there. revision NULL: the newest. STORE_UNCHANGED, and nothing appended: there is no generation
 * yet, or no such file in it. */
enum store_result store_read_file(struct store *store, const char *revision, const char *sandbox,
                                  const char *path, struct buf *out);

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
enum store_result store_branch(struct store *store, struct buf *name);

/* Who signed a generation: the armored signature and what was signed are appended. STORE_UNCHANGED:
 * nobody. */
enum store_result store_signature(struct store *store, const char *revision, struct buf *signature,
                                  struct buf *signed_text);

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

#endif
