/* The files of templates/ and modules/, as they were when this program was built (embed.c). */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *path; /* "templates/agents/aider.json" */
    const char *data; /* length bytes, and a NUL behind them */
    size_t length;
    /* What is shipped unchanged (modules/) is named and deflated when this program is built: */
    unsigned char id[20];        /* its blob's name */
    const unsigned char *stream; /* stream_length bytes; NULL for a template */
    size_t stream_length;
};

/* Sorted by path. */
extern const struct embedded embedded_files[];
extern const size_t embedded_count;

/* NULL when there is no such file. */
const struct embedded *embedded_find(const char *path);

#endif
