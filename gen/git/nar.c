#include "git/nar.h"

#include <stdint.h>
#include <string.h>

/* A length of eight bytes, the lowest first; the bytes; zeros up to a multiple of eight. */
static void bytes(const struct nar *nar, const void *data, size_t n) {
    static const unsigned char zeros[8] = {0};
    unsigned char length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)((uint64_t)n >> 8 * i);
    nar->write(nar->context, length, sizeof length);
    if (n)
        nar->write(nar->context, data, n);
    if (n % 8)
        nar->write(nar->context, zeros, 8 - n % 8);
}

static void word(const struct nar *nar, const char *s) {
    bytes(nar, s, strlen(s));
}

static void begin(const struct nar *nar, const char *type) {
    word(nar, "(");
    word(nar, "type");
    word(nar, type);
}

void nar_start(const struct nar *nar) {
    word(nar, "nix-archive-1");
}

void nar_file(const struct nar *nar, bool executable, const void *data, size_t n) {
    begin(nar, "regular");
    if (executable) {
        word(nar, "executable");
        word(nar, "");
    }
    word(nar, "contents");
    bytes(nar, data, n);
    word(nar, ")");
}

void nar_link(const struct nar *nar, const void *target, size_t n) {
    begin(nar, "symlink");
    word(nar, "target");
    bytes(nar, target, n);
    word(nar, ")");
}

void nar_folder(const struct nar *nar) {
    begin(nar, "directory");
}

void nar_entry(const struct nar *nar, const char *name) {
    word(nar, "entry");
    word(nar, "(");
    word(nar, "name");
    word(nar, name);
    word(nar, "node");
}

void nar_entry_end(const struct nar *nar) {
    word(nar, ")");
}

void nar_folder_end(const struct nar *nar) {
    word(nar, ")");
}
