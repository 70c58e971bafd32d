/* What the store_*.c share. Nothing else includes libgit2. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "store.h"

#include <git2.h>

struct store {
    git_repository *repository;
    git_odb *odb;
    git_odb_backend *memory; /* new objects, until they are packed */
    char *folder;
    git_oid *new_objects;
    size_t new_count, new_cap;
    const struct store_signer *signer;
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
GIT_FREE(git_diff)
GIT_FREE(git_reference)
GIT_FREE(git_status_list)
GIT_FREE(git_index)
GIT_FREE(git_revwalk)
GIT_FREE(git_patch)
GIT_FREE(git_packbuilder)
GIT_FREE(git_repository)
GIT_FREE(git_odb)
GIT_FREE(git_odb_object)
GIT_FREE(git_config)
GIT_FREE(git_config_iterator)

enum store_result store_fail(enum store_result result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The system's failure, with libgit2's words for it. */
enum store_result store_git_failed(const char *doing);

/* Before anything else of libgit2's; again is harmless. */
void store_start_library(void);

/* NULL when there is no commit yet. */
enum store_result store_head(struct store *store, git_commit **head);

/* The same, refused when there is none. */
enum store_result store_need_head(struct store *store, git_commit **head);

/* How many generations there are up to this one: its number. */
enum store_result store_count(struct store *store, const git_oid *from, size_t *n);

/* revision as store_show() takes it. */
enum store_result store_find(struct store *store, const char *revision, git_commit **commit);

/* The first two digits of `printf %s SANDBOX | git hash-object --stdin`. */
void store_fan_out(const char *sandbox, char hh[3]);

/* Writes objects in memory only. */
enum store_result store_put(struct store *store, const void *data, size_t n, git_object_t type,
                            git_oid *id);
enum store_result store_put_tree(struct store *store, const struct tree *tree, git_oid *id);
/* The root tree that holds this sandbox's tree: itself, or the fleet's with it put in place. */
enum store_result store_put_root(struct store *store, const char *sandbox, const git_oid *own,
                                 const git_commit *head, git_oid *root);

/* The id of the sandbox's own tree there; STORE_UNCHANGED when it has none. */
enum store_result store_tree_of(struct store *store, const git_commit *commit, const char *sandbox,
                                git_oid *id);
/* The commit that wrote the tree which the sandbox has in this one. */
enum store_result store_wrote(struct store *store, const git_commit *from, const char *sandbox,
                              git_commit **wrote);

/* A commit with this root on top of head; packs it with all new objects, moves the branch, and
 * brings the checkout along. */
enum store_result store_commit_root(struct store *store, const git_commit *head,
                                    const git_oid *root, const char *message, git_oid *id);

/* Whether checkout and index are as committed; mends what an interrupted run left behind. */
enum store_result store_check_clean(struct store *store);

/* The hash of the tree's NAR; refuses a tree whose tarball differs. */
enum store_result store_hash_tree(git_repository *clone, const git_tree *tree,
                                  char hash[SHA256_SRI_SIZE]);

enum store_result store_each_change(git_diff *diff, store_change_fn *each, void *context);

#endif
