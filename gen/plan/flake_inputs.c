#include "plan/flake_inputs.h"

#include <string.h>

enum { KIND_ALWAYS = -1, KIND_GIVEN = -2 };

const struct flake_input flake_inputs[] = {
    {ENGINE_INPUT, KIND_GIVEN, {"nixpkgs"}},
    {"home-manager", HOST_HOME_MANAGER, {"nixpkgs"}},
    {"nix-darwin", HOST_DARWIN, {"nixpkgs"}},
    {"nixpkgs", KIND_ALWAYS, {NULL}},
    {"system-manager", HOST_SYSTEM_MANAGER, {"flake-compat", "nixpkgs", "userborn"}},
};
const size_t flake_inputs_count = sizeof flake_inputs / sizeof *flake_inputs;

static bool is_given(const struct spec *spec) {
    for (size_t i = 0; i < spec->inputs.n; i++)
        if (strcmp(spec->inputs.v[i].name.s, ENGINE_INPUT) == 0)
            return true;
    return false;
}

bool flake_gives_engine(const struct spec *spec) {
    return spec->network.engine != ENGINE_MITMPROXY && is_given(spec);
}

bool flake_needs(const struct spec *spec, const struct flake_input *input) {
    if (input->kind == KIND_ALWAYS)
        return true;
    if (input->kind == KIND_GIVEN)
        return flake_gives_engine(spec) || (spec->network.capture && is_given(spec));
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
