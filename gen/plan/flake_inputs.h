/* What the flake of a rendered tree takes in, by the hosts of its spec. */
#ifndef FLAKE_INPUTS_H
#define FLAKE_INPUTS_H

#include "spec/spec.h"

struct flake_input {
    const char *name;
    int kind;              /* the host kind that needs it */
    const char *inputs[4]; /* its own; NULL at the end */
};

/* In the order of their names, as Nix writes them; so are the inputs of each, of which only nixpkgs
 * is evaluated for what we use: the others follow "", the flake itself, and nothing is fetched. */
extern const struct flake_input flake_inputs[];
extern const size_t flake_inputs_count;

/* Whether a host asks for it: nixpkgs is always needed. */
bool flake_needs(const struct spec *spec, const struct flake_input *input);
/* The same by its name; nothing is needed that has no row. */
bool flake_needs_named(const struct spec *spec, const char *name);

#endif
