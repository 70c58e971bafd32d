/* What is written from the tables: the JSON Schema of specs, the manual page, the completions. */
#ifndef DOC_H
#define DOC_H

#include "buf.h"

void doc_schema(struct buf *out);
void doc_man(struct buf *out);
/* False when the shell is none of bash, zsh, fish. */
bool doc_completion(const char *shell, struct buf *out);

#endif
