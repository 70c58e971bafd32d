#include "spec/pem.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char begins[] = "-----BEGIN ", ends[] = "-----END ", dashes[] = "-----";

static int sextet(char c) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* The first bytes of what the base64 says, and how many there are of it; false: it is none. */
static bool decode(const char *s, const char *end, uint8_t first[6], size_t *length) {
    uint32_t bits = 0;
    size_t count = 0, padding = 0;
    *length = 0;
    for (; s < end; s++) {
        if (isspace((unsigned char)*s))
            continue;
        int value = *s == '=' ? 0 : sextet(*s);
        if (value < 0 || (padding && *s != '='))
            return false;
        padding += *s == '=';
        bits = bits << 6 | (uint32_t)value;
        if (++count % 4)
            continue;
        for (int shift = 16; shift >= 0; shift -= 8, ++*length)
            if (*length < 6)
                first[*length] = (uint8_t)(bits >> shift);
    }
    *length -= padding;
    return count > 0 && count % 4 == 0 && padding <= 2;
}

/* A SEQUENCE that fills all of it. */
static bool is_der(const uint8_t first[6], size_t length) {
    if (length < 6 || first[0] != 0x30)
        return false;
    size_t bytes = first[1] & 0x80 ? first[1] & 0x7fu : 0, said = bytes ? 0 : first[1];
    if (bytes > 4)
        return false;
    for (size_t i = 0; i < bytes; i++)
        said = said << 8 | first[2 + i];
    return said == length - 2 - bytes;
}

static bool ends_so(const char *s, size_t n, const char *word) {
    size_t m = strlen(word);
    return n >= m && memcmp(s + n - m, word, m) == 0;
}

bool pem_next(const char **at, struct pem_block *block) {
    const char *start = strstr(*at, begins);
    if (!start)
        return false;
    const char *label = start + sizeof begins - 1, *stop = strstr(label, dashes);
    const char *end = stop ? strstr(stop + 5, ends) : NULL;
    size_t n = stop ? (size_t)(stop - label) : 0;
    uint8_t first[6] = {0};
    size_t length = 0;
    *block = (struct pem_block){start, strlen(start), PEM_BROKEN};
    if (stop && ends_so(label, n, "PRIVATE KEY"))
        block->kind = PEM_PRIVATE_KEY;
    if (!end || strncmp(end + sizeof ends - 1, label, n) != 0 ||
        strncmp(end + sizeof ends - 1 + n, dashes, 5) != 0) {
        *at = start + block->n;
        return true;
    }
    block->n = (size_t)(end + sizeof ends - 1 + n + 5 - start);
    *at = start + block->n;
    if (block->kind == PEM_PRIVATE_KEY)
        return true;
    if (n != 11 || memcmp(label, "CERTIFICATE", n) != 0)
        block->kind = PEM_OTHER;
    else if (decode(stop + 5, end, first, &length) && is_der(first, length))
        block->kind = PEM_CERTIFICATE;
    return true;
}
