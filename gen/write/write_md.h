/*
 * Markdown (CommonMark 0.31, GitHub Flavored Markdown) that shows a user's words and nothing else:
 * no string makes a link, a mention, HTML, a table column, a fence or a heading, and characters
 * that cannot be seen, or turn the reading order, stand as their number: [U+202E].
 *
 * Each of these writes within one line and is the same in a paragraph and in a table's cell. None
 * of them may be the first thing of a line.
 */
#ifndef WRITE_MD_H
#define WRITE_MD_H

#include "base/buf.h"

/* Prose where the words are harmless as prose; otherwise a code span. Empty text writes nothing. */
void md_text(struct buf *b, struct text text);

/* A code span. Empty text writes nothing. */
void md_code(struct buf *b, struct text text);

/* The same around what is inert already. */
void md_code_name(struct buf *b, struct name name);
void md_code_path(struct buf *b, struct path path);
void md_code_host(struct buf *b, struct host_pattern host);
void md_code_cidr(struct buf *b, struct cidr cidr);

/* Markdown of our own: its tables are filled from string literals, never from a spec. */
struct markdown {
    const char *s;
};
void md_own(struct buf *b, struct markdown markdown);

/* A node's label in a Mermaid diagram, between the double quotes that the caller writes. */
void md_mermaid(struct buf *b, struct text text);
void md_mermaid_folder(struct buf *b, struct text path); /* its slashes stay readable */
void md_mermaid_host(struct buf *b, struct host_pattern host);

#endif
