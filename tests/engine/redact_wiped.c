/*
 * Nothing of a secret is in memory that the redactor gives back: linked with --wrap=free, so that
 * each block is looked through before it goes.
 */
#include "base/buf.h"
#include "engine/redact.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void __real_free(void *block);
void __wrap_free(void *block);

static const char secret[] = "Zq7-tokenXw0rdLong=Qz";
static size_t freed, told;

static bool holds(const char *data, size_t size, const char *part, size_t n) {
    for (size_t at = 0; at + n <= size; at++)
        if (memcmp(data + at, part, n) == 0)
            return true;
    return false;
}

void __wrap_free(void *block) {
    size_t size = block ? malloc_usable_size(block) : 0;
    freed += block != NULL;
    for (size_t at = 0; at + 6 < sizeof secret; at += 3)
        if (block && holds(block, size, secret + at, 5))
            told++;
    __real_free(block);
}

int main(void) {
    struct buf out = {0};
    struct forms *forms = forms_new(secret, strlen(secret));
    struct redactor *redactor = redactor_new(&forms, 1);
    forms_unref(forms);
    redactor_feed(redactor, "a Zq7-tok", 9, false, &out);
    if (holds(out.data, out.cap, "q7-to", 5))
        told++; /* behind what is sure */
    redactor_feed(redactor, "enXw0rdLong=Qz Zq7-tokenXw0", 27, false, &out);
    redactor_free(redactor);
    printf("%zu blocks, %zu tell\n", freed, told);
    __real_free(out.data);
    return told || freed < 20;
}
