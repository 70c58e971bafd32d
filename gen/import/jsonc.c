#include "import/import_private.h"

#include <string.h>

static size_t string_length(const char *s, size_t n) {
    size_t i = 1;
    while (i < n && s[i] != '"')
        i += s[i] == '\\' ? 2 : 1;
    return i < n ? i + 1 : n;
}

static size_t comment_length(const char *s, size_t n) {
    if (n < 2 || s[0] != '/' || (s[1] != '/' && s[1] != '*'))
        return 0;
    size_t i = 2;
    if (s[1] == '/') {
        while (i < n && s[i] != '\n')
            i++;
        return i;
    }
    while (i + 1 < n && !(s[i] == '*' && s[i + 1] == '/'))
        i++;
    return i + 1 < n ? i + 2 : n;
}

static void blank(char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (s[i] != '\n')
            s[i] = ' ';
}

void jsonc_blank(char *text, size_t length) {
    char *comma = NULL; /* after which nothing has stood */
    for (size_t i = 0, n; i < length; i += n) {
        char c = text[i];
        n = comment_length(text + i, length - i);
        if (n) {
            blank(text + i, n);
            continue;
        }
        n = c == '"' ? string_length(text + i, length - i) : 1;
        if (strchr(" \t\r\n", c))
            continue;
        if (comma && (c == ']' || c == '}'))
            *comma = ' ';
        comma = c == ',' ? text + i : NULL;
    }
}
