/* The line of the log that a decision has: names, methods and paths; never a query, a field's
 * value, a body or a secret. No text of a request is longer than 1024 characters there, no list has
 * more than 16 items. */
#ifndef ADMIT_LINE_H
#define ADMIT_LINE_H

#include "engine/bytes.h"

#include <jansson.h>
#include <netdb.h>

/* What is not ASCII as \xNN. */
json_t *line_bytes(struct bytes b);
/* Of UTF-8. */
json_t *line_text(const char *text);
/* A copy, with all its texts and lists shortened. */
json_t *line_copy(const json_t *value);
/* Those of a host, each once; NULL: none. */
json_t *line_addresses(const struct addrinfo *found);
/* Sets nothing where value is NULL. */
void line_set(json_t *line, const char *key, json_t *value);

#endif
