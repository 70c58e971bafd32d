/*
 * redact_speed FILE SECRET: MB/s of memmem(3) for 20 bytes of the secret, and of a redactor of it,
 * over FILE in pieces of 64 KiB. Both are timed on the processor's clock, for a fifth of a second
 * each.
 */
#define _GNU_SOURCE
#include "base/buf.h"
#include "base/die.h"
#include "engine/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 65536, NEEDLE = 20 };

struct corpus {
    char *s;
    size_t n;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static struct corpus read_file(const char *path) {
    struct corpus text = {0};
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die("cannot read %s", path);
    text.n = (size_t)ftell(file);
    rewind(file);
    text.s = must_alloc(text.n);
    if (fread(text.s, 1, text.n, file) != text.n)
        die("cannot read %s", path);
    fclose(file);
    return text;
}

static void look_for(const struct corpus *text, const char *secret) {
    for (size_t at = 0; at + PIECE <= text->n; at += PIECE)
        if (memmem(text->s + at, PIECE, secret, NEEDLE))
            die("the secret is in the file");
}

static void redact(const struct corpus *text, struct redactor *redactor, struct buf *out) {
    for (size_t at = 0; at + PIECE <= text->n; at += PIECE) {
        out->len = 0;
        redactor_pass(redactor, text->s + at, PIECE, false, out);
    }
}

int main(int argc, char **argv) {
    if (argc != 3 || strlen(argv[2]) < NEEDLE)
        die("redact_speed FILE SECRET");
    struct corpus text = read_file(argv[1]);
    struct forms *forms = forms_new(argv[2], strlen(argv[2]));
    struct redactor *redactor = redactor_new(&forms, 1);
    struct buf out = {0};
    for (int ours = 0; ours < 2; ours++) {
        double start = now(), took = 0, done = 0;
        for (; took < 0.2; took = now() - start, done += (double)(text.n / PIECE * PIECE))
            if (ours)
                redact(&text, redactor, &out);
            else
                look_for(&text, argv[2]);
        printf("%.0f\n", done / took / 1e6);
    }
    redactor_free(redactor);
    forms_unref(forms);
    buf_free(&out);
    free(text.s);
    return 0;
}
