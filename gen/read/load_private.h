/* What the load*.c share. */
#ifndef LOAD_PRIVATE_H
#define LOAD_PRIVATE_H

#include "base/sha256.h"
#include "read/load.h"

/* load.c. What "shipped:NAME" in extends means, an agent's preset and a login's (borrowed
 * references), a spec's JSON with the presets of its agents and logins below it, the latter in
 * place of their names: new references, NULL after a mistake. */
json_t *load_shipped_base(struct reading *reading, struct aim aim, const char *base);
json_t *load_preset(struct reading *reading, const char *agent);
json_t *load_login(struct reading *reading, const char *login);
json_t *load_with_presets(struct reading *reading, json_t *root);
void load_check_presets(struct reading *reading, const json_t *root);
/* The caller frees it. */
char *load_folder_of(const char *path);
/* Why a file that a spec names is not read: opening a pipe or a device may wait for ever. */
const char *load_why_not(const char *path, bool *executable);

/* load_instructions.c. Puts the text into a preset, in place; and a copy of one, a new reference,
 * that tells its agent nothing. */
void load_fill_instructions(json_t *preset);
json_t *load_without_instructions(struct reading *reading, json_t *preset);

/* load_sources.c */
void load_sources(struct reading *reading, const struct document *document);

struct chain { /* the specs that are being read, to find a circle, and to tell the way to one */
    const struct chain *before;
    const struct document *document;
    const char *real_path;   /* NULL: it stands in ... */
    const struct kept *kept; /* ... this commit, at ... */
    const char *path;        /* ... this path */
    size_t depth;
};

/* load_chain.c. The spec at path, and that of a document, on top of all it extends, presets aside;
 * a new reference, or NULL. diagnostics: how many there were before it was read. */
json_t *load_chain(struct reading *reading, const char *path, const struct chain *before);
json_t *load_on_its_bases(struct reading *reading, struct document *document, struct chain chain,
                          size_t diagnostics);
/* "; the way to it: a.json, b.json", where more than one file leads there; else "". In the arena.
 */
const char *load_way(struct reading *reading, const struct chain *chain);
/* Whether one more may be read on top of these; else it has complained. */
bool load_may_go_on(struct reading *reading, struct aim aim, const struct chain *chain);

struct pinned { /* one commit of one repository, read once for all that stand in it */
    char *url, *rev;
    char *text; /* what kept points into */
    const struct kept *kept;
    char hash[SHA256_SRI_SIZE];
    const char *why; /* NULL, or why kept is NULL: the end of a sentence */
    written at;      /* the first of those that pin it, and ... */
    const char *way; /* ... the way to it: load_way() */
};

/* load_signed.c */
void load_check_signed(struct reading *reading);

/* load_pinned.c. A path that a document of a commit names, from that commit's top on, without "."
 * and ".."; NULL: it leads out of it. */
const char *load_path_in_tree(struct reading *reading, const struct document *document,
                              const char *relative);
/* A base beside a document of a commit, and a pinned one; as load_chain(). */
json_t *load_in_tree(struct reading *reading, struct aim aim, const char *relative,
                     const struct chain *chain);
json_t *load_pinned(struct reading *reading, const struct base *pin, const struct chain *chain);

#endif
