/*
 * One arena a run: what is read from specs and decided about them, freed together.
 * Out of memory aborts, so no function here returns NULL.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Gives all memory of it that was handed out to each, block by block: to wipe it, say. */
void arena_each(struct arena *arena, void (*each)(void *memory, size_t length));

/* Zeroed, aligned for any type; valid until arena_free(). */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *s);
char *arena_copy_n(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
