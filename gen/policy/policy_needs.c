#include "policy/policy_needs.h"
#include "read/load.h"

#include <string.h>

static const struct spec *read_one(struct reading **reading, struct policy_source source) {
    struct diagnostics *diagnostics = diagnostics_new();
    *reading = reading_new(diagnostics);
    const struct spec *spec =
        load_committed_spec(*reading, source.what, source.text, source.length);
    diagnostics_free(diagnostics);
    (*reading)->diagnostics = NULL;
    return spec;
}

bool policy_needs_between(struct policy_needs *needs, struct policy_source old,
                          struct policy_source new) {
    *needs = (struct policy_needs){.arena = arena_new()};
    needs->diff.arena = needs->arena;
    if (!new.text)
        return false;
    needs->new = read_one(&needs->new_reading, new);
    if (old.text)
        needs->old = read_one(&needs->old_reading, old);
    if (!needs->new || (old.text && !needs->old))
        return false;
    bool named = needs->old && needs->old->signing.allowed.n;
    needs->by = named ? &needs->old->signing : &needs->new->signing;
    policy_compare(&needs->diff, needs->old, needs->new, needs->arena);
    return true;
}

void policy_needs_free(struct policy_needs *needs) {
    reading_free(needs->old_reading);
    reading_free(needs->new_reading);
    arena_free(needs->arena);
    *needs = (struct policy_needs){0};
}

/* Who may sign decides over everything else: it is a change of every kind. */
bool policy_change_fits(const struct policy_change *change, enum signed_change what) {
    static const char *const relaxations[] = {"relax", "unenforced", "network.enforcement"};
    if (what == SIGNED_ANY)
        return true;
    if (change->direction != POLICY_WIDENS)
        return false;
    if (what == SIGNED_WIDENING || strcmp(change->key, "signing") == 0)
        return true;
    if (what == SIGNED_CREDENTIAL)
        return strcmp(change->key, "credentials") == 0 || strcmp(change->key, "logins") == 0;
    for (size_t i = 0; i < sizeof relaxations / sizeof *relaxations; i++)
        if (strcmp(change->key, relaxations[i]) == 0)
            return true;
    return false;
}

bool policy_needs_row(const struct policy_needs *needs, const struct signing_need *row) {
    if (row->change == SIGNED_ANY)
        return true;
    for (size_t i = 0; i < needs->diff.n; i++)
        if (policy_change_fits(&needs->diff.v[i], row->change))
            return true;
    return false;
}
