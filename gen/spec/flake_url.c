#include "spec/flake_url.h"

#include <string.h>

static bool is_digit_or_letter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Copies one segment of the URL; NULL when it is empty, too long, or holds another character. */
static const char *segment(const char *p, char *out, size_t size) {
    size_t n = strcspn(p, "/");
    if (n == 0 || n >= size || !is_digit_or_letter(*p))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!is_digit_or_letter(p[i]) && !strchr("-._", p[i]))
            return NULL;
    memcpy(out, p, n);
    out[n] = '\0';
    return p + n;
}

static bool is_rev(const char *s) {
    return strlen(s) == 40 && strspn(s, "0123456789abcdef") == 40;
}

bool flake_url_parse(const char *url, struct flake_url *parsed) {
    static const char scheme[] = "github:";
    *parsed = (struct flake_url){0};
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *p = segment(url + sizeof scheme - 1, parsed->owner, sizeof parsed->owner);
    if (!p || *p != '/')
        return false;
    p = segment(p + 1, parsed->repo, sizeof parsed->repo);
    if (p && *p == '/')
        p = segment(p + 1, parsed->ref, sizeof parsed->ref);
    parsed->ref_is_rev = is_rev(parsed->ref);
    return p && *p == '\0';
}
