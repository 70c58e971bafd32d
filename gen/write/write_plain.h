/*
 * Plain text for people, on a terminal, in a commit's message, in a fenced block. A user's words
 * stand in double quotes, with \" and \\ inside; characters that cannot be seen, look like a space
 * and are none, or turn the reading order, stand as their number: [U+202E].
 */
#ifndef WRITE_PLAIN_H
#define WRITE_PLAIN_H

#include "base/buf.h"

/* In quotes, on one line. Unset text writes: none. */
void plain_text(struct buf *b, struct text text);
/* The same, cut with "..." behind this many characters. */
void plain_short(struct buf *b, struct text text, size_t characters);
/* Without quotes where it is one word of ASCII, as a URL's path is; else as plain_text(). */
void plain_word(struct buf *b, struct text text);

/* What this writer and the inert printers of buf.h wrote, again. */
void plain_again(struct buf *b, struct text words);
/* The same, its first letter made small. */
void plain_begin(struct buf *b, struct text words, bool small);

/*
 * One item of a list: mark behind two blanks, and further lines indented by six, at most 76 columns
 * where blanks allow it. A further line begins with a letter or a digit, so that no user's words
 * look like an item's mark.
 */
void plain_item_(struct buf *b, const char *mark, struct text words);
#define plain_item(b, mark, words) plain_item_((b), "" mark "", (words))

/* Those words, cut at the end of a word where there is one, to at most this many columns. */
void plain_cut(struct buf *b, struct text words, size_t columns);

#endif
