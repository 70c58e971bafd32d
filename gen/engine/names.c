#include "engine/names.h"
#include "base/die.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A name may stand at WAYS places, and takes the one of another name only when nobody has spoken of
 * that for HELD seconds: longer than programs keep an answer. So no list has to be walked, and
 * memory is bounded, whatever is asked for. */
enum { WAYS = 16, HELD = 120 };

struct place {
    char *name; /* NULL: free */
    uint32_t spoken_of;
};

struct names {
    struct place places[NAMES_COUNT];
};

struct names *names_new(void) {
    struct names *names = calloc(1, sizeof *names); /* pages that no name is in are never touched */
    if (!names)
        die("no memory for names");
    return names;
}

void names_free(struct names *names) {
    for (size_t i = 0; i < NAMES_COUNT; i++)
        free(names->places[i].name);
    free(names);
}

static uint64_t
hash(const char *s) { /* FNV-1a; who makes names collide is in nobody's way but its own */
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h ^ h >> 32;
}

static uint32_t address_of(const struct names *names, const struct place *place) {
    return NAMES_FIRST + (uint32_t)(place - names->places);
}

uint32_t names_address(struct names *names, const char *name, uint32_t now, bool *is_new) {
    uint64_t h = hash(name);
    struct place *set = &names->places[h / WAYS % (NAMES_COUNT / WAYS) * WAYS], *best = NULL;
    *is_new = false;
    for (size_t i = 0; i < WAYS; i++) {
        struct place *place = &set[(h + i) % WAYS];
        if (place->name && strcmp(place->name, name) == 0) {
            place->spoken_of = now;
            return address_of(names, place);
        }
        bool better = !best || (best->name && (!place->name || place->spoken_of < best->spoken_of));
        if (better)
            best = place;
    }
    if (best->name && now - best->spoken_of < HELD)
        return 0;
    free(best->name);
    *best = (struct place){must_copy(name), now};
    *is_new = true;
    return address_of(names, best);
}

const char *names_at(struct names *names, uint32_t address, uint32_t now) {
    if (address - NAMES_FIRST >= NAMES_COUNT)
        return NULL;
    struct place *place = &names->places[address - NAMES_FIRST];
    if (place->name)
        place->spoken_of = now;
    return place->name;
}
