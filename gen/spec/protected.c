#include "spec/protected.h"
#include "base/die.h"
#include "base/embedded.h"
#include "spec/file_pattern.h"

#include <string.h>

bool is_protected(struct arena *arena, const char *pattern, struct words_nearest *nearest) {
    const struct embedded *table = embedded_find("modules/host/obeyed.txt");
    if (!table)
        die("the table of what tools obey is not built in");
    for (const char *line = table->data, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        if (*line != '!')
            continue;
        const char *row = arena_copy_n(arena, line + 1, strcspn(line + 1, " \n"));
        if (file_pattern_same(row, pattern))
            return true;
        words_offer(nearest, row);
    }
    return false;
}
