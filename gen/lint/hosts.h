/* Rules by their hosts, so that those that meet a host are found without looking at the others. */
#ifndef HOSTS_H
#define HOSTS_H

#include "base/arena.h"
#include "spec/spec.h"

struct hosts;

/* Of these of rules, by number; in the arena. */
struct hosts *hosts_make(struct arena *arena, const struct rule *rules, const size_t *numbers,
                         size_t n);

/* Calls found for each that has some host in common with this one, until it says so; whether it
 * did. */
bool hosts_each(const struct hosts *hosts, struct host_pattern host,
                bool (*found)(size_t number, void *context), void *context);

#endif
