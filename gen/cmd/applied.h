/*
 * The sandboxes that are applied on this host: root's own copies of what was rendered, found by
 * name. What lies around the working folder says at most a name, and nothing of it is run.
 */
#ifndef APPLIED_H
#define APPLIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { APPLIED_NAME = 21, APPLIED_PATH = 4096, APPLIED_COMMIT = 65 };

/* The sandbox that a command in this folder is about: the one in whose workspace it lies; else the
 * one that the rendered tree around it names; else, where the folder was not asked for, the only
 * one that is applied. False: there is none, or it is not clear which, and it has been said. */
bool applied_choose(const char *folder, bool asked_for, char name[APPLIED_NAME]);

/* The applied sandbox of that name. False: there is none, and it has been said. */
bool applied_named(const char *wanted, char name[APPLIED_NAME]);

/* Whether a rendered tree is around this folder. */
bool applied_tree_around(const char *folder);

/* The rendered tree at this folder, or, with around, around it: its real path (tree: PATH_MAX), and
 * what it is named there ("": nothing that can be). False: there is none. */
bool applied_tree(const char *folder, bool around, char *tree, char name[APPLIED_NAME]);

/* The commit that is applied. False: there is none, or it is the store's of Nix, which names none.
 */
bool applied_commit(const char *name, char commit[APPLIED_COMMIT]);

/* Whether this real path lies in a workspace of a sandbox that is applied. */
bool applied_in_workspace(const char *path);

/* The control script of the applied copy. False: the sandbox is not applied. */
bool applied_script(const char *name, char path[APPLIED_PATH]);

/* "; applied here: a b" on this stream, when any is. */
void applied_list(FILE *out);

/* The first part of this path that is not root's alone (out, as its text); false: there is none. */
bool applied_is_others(const char *path, char out[APPLIED_PATH]);

#endif
