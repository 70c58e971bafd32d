/* What is written from the tables: the JSON Schema of specs, the vocabulary that the proxy reads,
 * the manual page, the completions. */
#ifndef DOC_H
#define DOC_H

#include "base/buf.h"
#include "doc/command_table.h"

void doc_schema(struct buf *out);
void doc_vocabulary(struct buf *out);
void doc_man(const struct command_table *table, struct buf *out);
/* False when the shell is none of bash, zsh, fish. */
bool doc_completion(const char *shell, const struct command_table *table, struct buf *out);

#endif
