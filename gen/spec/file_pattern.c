#include "spec/file_pattern.h"
#include "base/utf8.h"
#include "base/words.h"

#include <stddef.h>
#include <string.h>

static bool is_part(const char *s, size_t n, const char *word) {
    return strlen(word) == n && strncmp(s, word, n) == 0;
}

static bool is_git(const char *s, size_t n) {
    static const char git[] = ".git";
    return n == sizeof git - 1 && words_starts_ignoring_case(s, git);
}

static const char *part_wrong(const char *s, size_t n) {
    if (n == 0)
        return "a name stands between two slashes";
    if (is_part(s, n, ".") || is_part(s, n, ".."))
        return "no name in it is . or ..";
    if (is_git(s, n))
        return "git's own folders stay readable, and are closed where git runs what stands there";
    if (s[0] == ' ' || s[n - 1] == ' ')
        return "no name in it begins or ends with a blank";
    const char *stars = strstr(s, "**");
    if (n > 2 && stars && stars + 2 <= s + n)
        return "'**' stands alone between slashes";
    return NULL;
}

static const char *characters_wrong(const char *s) {
    uint32_t c;
    for (const char *p = s; *p; p += utf8_next(p, &c)) {
        utf8_next(p, &c);
        if (strchr("?[]\\", *p))
            return "of wildcards there are '*' and '**' alone; ? [ ] and \\ are none, and no "
                   "part of a name";
        if (utf8_doubtful(c))
            return "no character in it is one that cannot be seen";
    }
    return NULL;
}

const char *file_pattern_wrong(const char *pattern) {
    const char *p = pattern + (pattern[0] == '/'), *why = characters_wrong(pattern);
    bool names_something = false;
    if (pattern[0] == '!')
        return "nothing is taken out again with a '!'; name what is meant more narrowly";
    if (why)
        return why;
    do {
        size_t n = strcspn(p, "/");
        why = part_wrong(p, n);
        if (why)
            return why;
        names_something = names_something || strspn(p, "*") < n;
        p += n + (p[n] == '/');
    } while (*p);
    return names_something ? NULL
                           : "this is all there is; leave the workspace out, or share it read-only";
}

/* Without a slash, or the "**", behind a folder. */
static size_t length_of(const char *pattern) {
    size_t n = strlen(pattern);
    if (n > 3 && strcmp(pattern + n - 3, "/**") == 0)
        return n - 3;
    return n > 1 && pattern[n - 1] == '/' ? n - 1 : n;
}

bool file_pattern_same(const char *a, const char *b) {
    size_t n = length_of(a);
    return n == length_of(b) && strncmp(a, b, n) == 0;
}
