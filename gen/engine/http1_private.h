/* Of http1*.c alone. */
#ifndef HTTP1_PRIVATE_H
#define HTTP1_PRIVATE_H

#include "engine/http1.h"

/* The line at *at, without its end, and *at behind it. */
bool http1_line(struct bytes text, size_t *at, bool lenient, struct bytes *line);

/* Fields from at up to the end of text, which they point at; what was folded is put on one line
 * with blanks (section 5.2), in arena. NULL, or what is wrong. */
const char *http1_fields(struct arena *arena, struct bytes text, size_t at, bool answer,
                         struct fields *fields);

/* RFC 9110, section 5.5: what must not stand in a value becomes a blank. */
void http1_blank_controls(char *text, size_t length);

#endif
