#include "plan/flake_inputs.h"

#include <string.h>

enum { KIND_ALWAYS = -1 };

const struct flake_input flake_inputs[] = {
    {"home-manager", HOST_HOME_MANAGER, {"nixpkgs"}},
    {"nix-darwin", HOST_DARWIN, {"nixpkgs"}},
    {"nixpkgs", KIND_ALWAYS, {NULL}},
    {"system-manager", HOST_SYSTEM_MANAGER, {"flake-compat", "nixpkgs", "userborn"}},
};
const size_t flake_inputs_count = sizeof flake_inputs / sizeof *flake_inputs;

bool flake_needs(const struct spec *spec, const struct flake_input *input) {
    if (input->kind == KIND_ALWAYS)
        return true;
    for (size_t i = 0; i < spec->hosts.n; i++)
        if ((int)spec->hosts.v[i].kind == input->kind)
            return true;
    return false;
}

bool flake_needs_named(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < flake_inputs_count; i++)
        if (strcmp(flake_inputs[i].name, name) == 0)
            return flake_needs(spec, &flake_inputs[i]);
    return false;
}
