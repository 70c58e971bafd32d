/*
 * Where a forge's tarball differs from the commit's tree: `git archive` leaves out or rewrites what
 * .gitattributes says (gitattributes(5)). Nix hashes the tarball, so such a commit can't be pinned
 * from its tree. What might match counts as a match: a pin is refused rather than wrong.
 */
#ifndef ARCHIVE_RULES_H
#define ARCHIVE_RULES_H

#include <stddef.h>

struct archive_rule;

struct archive_rules {
    struct archive_rule *v;
    size_t n, cap;
};

/* Takes the lines of one .gitattributes that matter. folder: "" or "FOLDER/". */
void archive_rules_read(struct archive_rules *rules, const char *folder, const char *text,
                        size_t n);
void archive_rules_free(struct archive_rules *rules);

/* The attribute for which the tarball has this path otherwise; NULL: none. data is a plain file's
 * content, NULL for all else. */
const char *archive_rules_match(const struct archive_rules *rules, const char *path,
                                const void *data, size_t n);

#endif
