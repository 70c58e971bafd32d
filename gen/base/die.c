#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("agent-sandbox: internal error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

void *must_alloc(size_t size) {
    void *p = calloc(1, size ? size : 1);
    if (!p)
        die("out of memory");
    return p;
}

void *must_realloc(void *old, size_t size) {
    void *p = realloc(old, size ? size : 1);
    if (!p)
        die("out of memory");
    return p;
}

char *must_copy(const char *s) {
    size_t n = strlen(s) + 1;
    return memcpy(must_alloc(n), s, n);
}

void free_char(char **s) {
    free(*s);
    *s = NULL;
}
