/* render SPEC: what is rendered from a spec, to standard output, and nothing committed. The least
 * that compares with an engine that only evaluates. Linked with the generator's own objects. */
#include "read/load.h"
#include "render/outputs.h"

#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct reading *reading = reading_new(diagnostics_new());
    const struct spec *spec = argc == 2 ? load_spec(reading, argv[1]) : NULL;
    TREE_CLEANUP struct tree tree = {0};
    if (!spec) {
        diagnostics_print(reading->diagnostics, stderr, false);
        return 2;
    }
    render_tree(plan_make(spec, reading->arena), &tree);
    for (size_t i = 0; i < tree.n; i++) {
        printf("%s %zu\n", tree.files[i].path, tree.files[i].data.len);
        fwrite(tree.files[i].data.data, 1, tree.files[i].data.len, stdout);
    }
    reading_drop(reading);
    return fflush(stdout) || ferror(stdout);
}
