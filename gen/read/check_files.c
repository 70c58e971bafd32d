/* Checks of what is hidden and protected in workspaces. */
#include "read/check.h"
#include "spec/file_pattern.h"
#include "spec/protected.h"

#include <string.h>

static bool has(const struct text *v, size_t n, const char *pattern) {
    for (size_t i = 0; i < n; i++)
        if (v[i].s && file_pattern_same(v[i].s, pattern))
            return true;
    return false;
}

/* Of the patterns that stand at one object: the spec, or a workspace, for which all's hold, too. */
static void check_patterns(struct reading *reading, written at, const struct files *files,
                           const struct files *all) {
    for (size_t i = 0; i < files->unprotect.n; i++) {
        const char *pattern = files->unprotect.v[i].s;
        struct aim aim = at_item(at, "unprotect", pattern);
        struct words_nearest nearest = {.wanted = pattern};
        if (has(files->protect.v, files->protect.n, pattern) ||
            has(all->protect.v, all->protect.n, pattern))
            complain(reading, aim, "\"%s\" stands in \"protect\", too: which of the two is meant?",
                     pattern);
        else if (!is_protected(reading->arena, pattern, &nearest))
            complain(reading, aim,
                     nearest.best ? "nothing protects \"%s\"; is \"%s\" meant?"
                                  : "nothing protects \"%s\", so it need not be opened",
                     pattern, nearest.best);
    }
}

/* Nothing is written there anyhow. */
static void check_read_only(struct reading *reading, const struct workspace *w) {
    static const char *const keys[] = {"protect", "unprotect"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (is_written(w->at, keys[i]))
            complain(reading, at_key(w->at, keys[i]),
                     "\"%s\" is shared read-only, so all of it is protected", w->path.s);
}

void check_files(struct reading *reading, const struct spec *spec) {
    check_patterns(reading, spec->at, &spec->files, &spec->files);
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        const struct workspace *w = &spec->workspaces.v[i];
        check_patterns(reading, w->at, &w->files, &spec->files);
        if (w->access == ACCESS_READ_ONLY && w->path.s)
            check_read_only(reading, w);
    }
}
