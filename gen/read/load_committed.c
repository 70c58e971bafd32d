#include "base/die.h"
#include "read/defaults.h"
#include "read/load.h"

#include <string.h>

const struct spec *load_committed_spec(struct reading *reading, const char *name, const char *text,
                                       size_t length) {
    char *copy = must_alloc(length + 1);
    memcpy(copy, text, length);
    const struct document *document = reading_add(reading, name, copy, length);
    if (!document)
        return NULL;
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    read_object(reading, &spec_object, document->root, spec, READ_WHOLE);
    if (diagnostics_count(reading->diagnostics) == 0)
        fill_defaults(reading, spec);
    return diagnostics_count(reading->diagnostics) == 0 ? spec : NULL;
}
