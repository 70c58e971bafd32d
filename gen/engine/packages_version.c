/* Versions of npm's packages, in their order. */
#include "engine/packages_private.h"

#include <string.h>

#define DIGITS "0123456789"
#define WORD DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-"
enum { LONGEST_NUMBER = 15 };

bool package_version_parse(const char *text, struct package_version *version) {
    const char *s = text;
    *version = (struct package_version){.text = text};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strspn(s, DIGITS);
        if (n == 0 || n > LONGEST_NUMBER || (n > 1 && *s == '0') || (i < 2 && s[n] != '.'))
            return false;
        for (size_t k = 0; k < n; k++)
            version->numbers[i] = version->numbers[i] * 10 + (uint64_t)(s[k] - '0');
        s += n + (i < 2);
    }
    if (*s == '-') {
        version->prerelease = ++s;
        version->prerelease_length = strspn(s, WORD);
        s += version->prerelease_length;
        if (!version->prerelease_length)
            return false;
    }
    if (*s == '+') {
        size_t n = strspn(s + 1, WORD);
        s += n ? n + 1 : 0;
    }
    return !*s;
}

static bool is_number(const char *s, size_t n) {
    return n && strspn(s, DIGITS) >= n;
}

static int compare_texts(const char *a, size_t n, const char *b, size_t m) {
    int order = memcmp(a, b, n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

static int compare_words(const char *a, size_t n, const char *b, size_t m) {
    bool first = is_number(a, n), second = is_number(b, m);
    if (first != second)
        return first ? -1 : 1;
    if (!first)
        return compare_texts(a, n, b, m);
    while (n > 1 && *a == '0')
        a++, n--;
    while (m > 1 && *b == '0')
        b++, m--;
    return n != m ? (n > m) - (n < m) : memcmp(a, b, n);
}

static size_t word_length(const char *s, size_t left) {
    const char *dot = memchr(s, '.', left);
    return dot ? (size_t)(dot - s) : left;
}

static int compare_prereleases(const struct package_version *a, const struct package_version *b) {
    const char *s = a->prerelease, *t = b->prerelease;
    const char *s_end = s + a->prerelease_length, *t_end = t + b->prerelease_length;
    for (;;) {
        size_t n = word_length(s, (size_t)(s_end - s)), m = word_length(t, (size_t)(t_end - t));
        int order = compare_words(s, n, t, m);
        if (order)
            return order;
        if (s + n == s_end || t + m == t_end)
            return (s + n != s_end) - (t + m != t_end);
        s += n + 1;
        t += m + 1;
    }
}

int package_version_compare(const struct package_version *a, const struct package_version *b) {
    for (size_t i = 0; i < 3; i++)
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    if (!a->prerelease || !b->prerelease)
        return (b->prerelease != NULL) - (a->prerelease != NULL);
    return compare_prereleases(a, b);
}
