/* What the flake of a rendered tree takes in, by the hosts of its spec. */
#ifndef FLAKE_INPUTS_H
#define FLAKE_INPUTS_H

#include "spec/spec.h"

struct flake_input {
    const char *name;
    int kind;              /* the host kind that needs it, or when else: see flake_needs */
    const char *inputs[4]; /* its own; NULL at the end */
};

/* In the order of their names, as Nix writes them; so are the inputs of each, of which only nixpkgs
 * is evaluated for what we use: the others follow "", the flake itself, and nothing is fetched. */
extern const struct flake_input flake_inputs[];
extern const size_t flake_inputs_count;

/* This project's own flake, which has agent-sandbox-proxy: nixpkgs does not. No pin is shipped. */
#define ENGINE_INPUT "agent-sandbox"

/* Whether the proxy is native where Nix's modules apply: Nix asks no host what is installed there.
 */
bool flake_gives_engine(const struct spec *spec);

/* Whether a host asks for it: nixpkgs is always needed, ENGINE_INPUT where it gives the engine, or
 * what takes programs that know no proxy to another. */
bool flake_needs(const struct spec *spec, const struct flake_input *input);
/* The same by its name; nothing is needed that has no row. */
bool flake_needs_named(const struct spec *spec, const char *name);

#endif
