/*
 * From the path of a spec to a checked one: the file, what it extends, the presets of its agents,
 * merged, filled in and checked (check.c).
 */
#ifndef LOAD_H
#define LOAD_H

#include "read/read.h"

/* The text at path alone, parsed; NULL after a mistake. "-" reads standard input. */
struct document *load_document(struct reading *reading, const char *path);

/* NULL after a mistake; then the reading's mistakes say all of them. "-" reads standard input.
 * The spec lives as long as the reading. With reading->is_whole nothing is read a second time of a
 * spec that brings nothing in from elsewhere. */
const struct spec *load_spec(struct reading *reading, const char *path);

/* The same of a text that is in no file yet, which is copied: it extends nothing, and has no
 * sources. name is what messages call it. */
const struct spec *load_spec_text(struct reading *reading, const char *name, const char *text,
                                  size_t length);

/* load_spec() without what holds between keys (check.c): a spec that only stands for what was, in
 * which a rule may have expired since. */
const struct spec *load_older_spec(struct reading *reading, const char *path);

/* The same of one that others extend: what a whole spec must have it may lack, too. */
const struct spec *load_older_part(struct reading *reading, const char *path);

/* What the file at path would say with this text, which is copied: load_spec(), but what others
 * extend (it has no name) may lack what a whole spec must have. */
const struct spec *load_edited(struct reading *reading, const char *path, const char *text,
                               size_t length);

/*
 * A spec.json of a generation: resolved, so nothing is merged into it; and it was checked when it
 * was committed, so no rule that has expired since is a mistake. NULL after one: it was written by
 * another version of this program, or by hand. name is what messages call it; text is copied.
 */
const struct spec *load_committed_spec(struct reading *reading, const char *name, const char *text,
                                       size_t length);

/* What a reading keeps of pinned bases; for reading_free(). */
void load_pinned_free(struct reading *reading);

/* The names of the shipped presets, one after the other; NULL at the end. */
const char *preset_name(struct reading *reading, size_t index);
/* The same of those of logins. */
const char *login_preset_name(struct reading *reading, size_t index);

#endif
