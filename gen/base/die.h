/* The end of a run that cannot go on for a reason that is nobody's input: no memory, our own bug.
 */
#ifndef DIE_H
#define DIE_H

#include <stddef.h>

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc(3), realloc(3), strdup(3) that never return NULL; the caller frees with free(3). */
void *must_alloc(size_t size);
void *must_realloc(void *old, size_t size);
char *must_copy(const char *s);

void free_char(char **s);
#define CHAR_CLEANUP __attribute__((cleanup(free_char)))

#endif
