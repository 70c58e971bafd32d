/* Until redact.c is there: a secret has one form, itself. */
#include "base/die.h"
#include "engine/redact.h"

#include <stdlib.h>
#include <string.h>

struct forms {
    size_t count, n;
    char text[];
};

struct forms *forms_new(const char *secret, size_t length) {
    struct forms *forms = must_alloc(sizeof *forms + length);
    forms->count = 1;
    forms->n = length;
    memcpy(forms->text, secret, length);
    return forms;
}

struct forms *forms_ref(struct forms *forms) {
    forms->count++;
    return forms;
}

void forms_unref(struct forms *forms) {
    if (forms && --forms->count == 0)
        free(forms);
}

bool forms_found(struct forms *const *forms, size_t count, const void *data, size_t length) {
    const char *s = data;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i + forms[k]->n <= length; i++)
            if (memcmp(s + i, forms[k]->text, forms[k]->n) == 0)
                return true;
    return false;
}
