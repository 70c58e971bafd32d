/*
 * TABLE 5: what a target cannot enforce although a spec asks for it. check.c refuses each of these
 * unless the spec says "unenforced": "accept"; then README.md lists it.
 */
#ifndef GAPS_H
#define GAPS_H

#include "spec/spec.h"

struct gap {
    const char *key;  /* as a user writes it: "limits.memory" */
    const char *why;  /* one clause, plain words without a full stop */
    const char *name; /* the key inside the object that at() returns */
    written (*at)(const struct spec *spec, const struct host *host);
    bool (*asked)(const struct spec *spec, const struct host *host);
};

extern const struct gap gaps[];
extern const size_t gaps_count;

/* The machines that a spec is meant for: its hosts, or, when it names none, a plain Linux and a
 * plain macOS one, whose `at` is NULL and whose names are "linux" and "macos". */
const struct host *gap_targets(const struct spec *spec, size_t *n);

/* The first target that makes the gap a mistake, or NULL. A named host each makes one; of the two
 * stand-ins neither does as long as the other can enforce what is asked. */
const struct host *gap_diagnostic(const struct gap *gap, const struct spec *spec);

bool host_is_darwin(const struct host *host);

#endif
