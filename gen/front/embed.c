/*
 * A tool of the build: embed FILE... > embedded.c, embed --identity FILE... > identity.c
 * Writes the files as C arrays; those of modules/, which are shipped unchanged, also as git keeps
 * them. The caller gives them sorted by plain bytes (LC_ALL=C sort).
 */
#include "base/buf_raw.h"
#include "base/sha256.h"
#include "git/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *path) {
    perror(path);
    exit(1);
}

static void read_file(const char *path, struct buf *out) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    for (int c; (c = getc(file)) != EOF;)
        buf_char(out, (char)c);
    if (ferror(file))
        fail(path);
    fclose(file);
}

static void print_bytes(const char *data, size_t n) {
    for (size_t i = 0; i < n; i++)
        printf("%s%d,", i % 24 ? "" : "\n", data[i]);
}

static void embed(const char *path, int index, struct deflater *deflater) {
    BUF_CLEANUP struct buf data = {0};
    BUF_CLEANUP struct buf stream = {0};
    read_file(path, &data);
    printf("static const char file_%d[] = {", index);
    print_bytes(data.data, data.len);
    puts("0};");
    if (strncmp(path, "modules/", 8) == 0) {
        deflater_run(deflater, data.len ? data.data : "", data.len, &stream);
        printf("static const unsigned char stream_%d[] = {", index);
        for (size_t i = 0; i < stream.len; i++)
            printf("%s%d,", i % 24 ? "" : "\n", (unsigned char)stream.data[i]);
        puts("};");
    }
    printf("#define ROW_%d {\"%s\", file_%d, %zu, {", index, path, index, data.len);
    struct object_id id = object_name(OBJECT_BLOB, data.len ? data.data : "", data.len);
    for (size_t i = 0; i < sizeof id.bytes; i++)
        printf("%d,", id.bytes[i]);
    if (stream.len)
        printf("}, stream_%d, %zu}\n", index, stream.len);
    else
        puts("}, 0, 0}");
}

/* embed --identity FILE... > identity.c: a name for all that the program is built from. */
static int identify(int argc, char **argv) {
    struct buf all = {0};
    char hex[65];
    for (int i = 2; i < argc; i++)
        read_file(argv[i], &all);
    sha256_hex(all.data, all.len, hex);
    buf_free(&all);
    printf("#include \"state/state.h\"\nconst char program_identity[] = \"%s\";\n", hex);
    return fflush(stdout) || ferror(stdout);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--identity") == 0)
        return identify(argc, argv);
    struct deflater *deflater = deflater_new(DEFLATE_SMALL);
    puts("#include \"base/embedded.h\"");
    for (int i = 1; i < argc; i++) {
        if (i > 1 && strcmp(argv[i - 1], argv[i]) >= 0) {
            fprintf(stderr, "embed: %s does not sort behind %s\n", argv[i], argv[i - 1]);
            return 1;
        }
        embed(argv[i], i, deflater);
    }
    puts("const struct embedded embedded_files[] = {");
    for (int i = 1; i < argc; i++)
        printf("    ROW_%d,\n", i);
    printf("};\nconst size_t embedded_count = %d;\n", argc - 1);
    deflater_free(deflater);
    return fflush(stdout) || ferror(stdout);
}
