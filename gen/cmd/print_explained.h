/* What explain found, on standard output: in words, or as JSON. audit: what is denied passes all
 * the same. */
#ifndef PRINT_EXPLAINED_H
#define PRINT_EXPLAINED_H

#include "judge/explain.h"

void print_explained(const struct reading *reading, const struct question *question,
                     const struct explained *e, bool audit, bool json);

#endif
