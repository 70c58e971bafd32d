#include "spec/tool_pattern.h"

#include <string.h>

const char *tool_pattern_wrong(const char *s) {
    size_t length = strlen(s),
           n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*._-/:@+");
    if (!length || length > TOOL_LONGEST)
        return "a tool's name has 1 to 128 characters";
    if (s[n])
        return "letters, digits, * and . _ - / : @ + alone";
    return strstr(s, "**") ? "one * is any text, already" : NULL;
}

bool tool_name_is_good(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return n > 0 && n <= TOOL_LONGEST;
}

/* A '*' of b is let through by one of a alone. */
bool tool_pattern_covers(const char *a, const char *b) {
    const char *star = NULL, *from = NULL;
    while (*b) {
        if (*a == '*') {
            star = a++;
            from = b;
        } else if (*a == *b) {
            a++;
            b++;
        } else if (star) {
            a = star + 1;
            b = ++from;
        } else {
            return false;
        }
    }
    while (*a == '*')
        a++;
    return !*a;
}
