/*
 * Where coding agents read what an administrator sets for a whole machine, and which file of the
 * tree is for it. modules/host/sandbox.py takes no other places.
 */
#ifndef MANAGED_H
#define MANAGED_H

#include "spec/spec.h"

struct managed_file {
    struct name agent;
    const char *file; /* in the tree */
    const char *linux_place, *darwin_place;
};

extern const struct managed_file managed_files[MANAGED_COUNT];

bool manages(const struct spec *spec, enum managed agent);

#endif
