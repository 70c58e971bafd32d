/*
 * A tool of the build: embed FILE... > embedded.c
 * Writes the files as C arrays. The caller gives them sorted by plain bytes (LC_ALL=C sort).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *path) {
    perror(path);
    exit(1);
}

static size_t embed_bytes(const char *path, int index) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    printf("static const char file_%d[] = {", index);
    size_t n = 0;
    for (int c; (c = getc(file)) != EOF; n++)
        printf("%s%d,", n % 24 ? "" : "\n", c > 127 ? c - 256 : c);
    if (ferror(file))
        fail(path);
    fclose(file);
    puts("0};");
    return n;
}

int main(int argc, char **argv) {
    size_t *lengths = calloc((size_t)argc, sizeof *lengths);
    if (!lengths)
        fail("calloc");
    puts("#include \"embedded.h\"");
    for (int i = 1; i < argc; i++) {
        if (i > 1 && strcmp(argv[i - 1], argv[i]) >= 0) {
            fprintf(stderr, "embed: %s does not sort behind %s\n", argv[i], argv[i - 1]);
            return 1;
        }
        lengths[i] = embed_bytes(argv[i], i);
    }
    puts("const struct embedded embedded_files[] = {");
    for (int i = 1; i < argc; i++)
        printf("    {\"%s\", file_%d, %zu},\n", argv[i], i, lengths[i]);
    printf("};\nconst size_t embedded_count = %d;\n", argc - 1);
    free(lengths);
    return fflush(stdout) || ferror(stdout);
}
