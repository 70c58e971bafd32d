#include "spec/look_alike.h"
#include "base/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* How well-known secrets begin, and how long they are at least; from their makers' documents. */
static const struct {
    const char *prefix;
    size_t length;
} shapes[] = {
    {"sk-ant-", 40},    {"sk-proj-", 40}, {"sk-", 40},     {"ghp_", 36},
    {"gho_", 36},       {"ghu_", 36},     {"ghs_", 36},    {"github_pat_", 40},
    {"glpat-", 20},     {"npm_", 36},     {"AKIA", 20},    {"ASIA", 20},
    {"AIza", 39},       {"ya29.", 30},    {"xoxb-", 20},   {"xoxp-", 20},
    {"xapp-", 20},      {"hf_", 30},      {"pypi-", 40},   {"sk_live_", 20},
    {"rk_live_", 20},   {"SG.", 40},      {"dop_v1_", 40}, {"AGE-SECRET-KEY-", 40},
    {"eyJhbGciOi", 40},
};

static const char key_begins[] = "-----BEGIN ", key_ends[] = "PRIVATE KEY-----";
enum { KEY_BEGINS = sizeof key_begins - 1, KEY_ENDS = sizeof key_ends - 1 };

static size_t token_length(const char *s) {
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_-.", s[n])))
        n++;
    return n;
}

static bool says_placeholder(const char *s, size_t n) {
    for (size_t i = 0; i + 11 <= n; i++)
        if (words_starts_ignoring_case(s + i, "placeholder"))
            return true;
    return false;
}

/* The length of the token at s where it is shaped like a secret, else 0. */
static size_t shaped(const char *s) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const char *prefix = shapes[i].prefix;
        if (*s != *prefix || strncmp(s, prefix, strlen(prefix)) != 0)
            continue;
        size_t n = token_length(s);
        if (n >= shapes[i].length && !says_placeholder(s, n))
            return n;
    }
    return 0;
}

/* Behind the line "-----BEGIN RSA PRIVATE KEY-----" or its like that stands at s, else NULL. */
static const char *key_line(const char *s, const char *begins) {
    size_t n = strlen(begins);
    const char *end = strncmp(s, begins, n) == 0 ? strstr(s + n, "-----") : NULL;
    if (!end || (size_t)(end + 5 - s) < n + KEY_ENDS)
        return NULL;
    end += 5;
    return strncmp(end - KEY_ENDS, key_ends, KEY_ENDS) == 0 ? end : NULL;
}

/* The length of the private key at s, up to its end where it has one, else 0. */
static size_t key_length(const char *s) {
    const char *begun = key_line(s, key_begins), *p = begun;
    if (!begun)
        return 0;
    while ((p = strstr(p, "-----")) && strncmp(p, key_begins, KEY_BEGINS) != 0) {
        const char *end = key_line(p, "-----END ");
        if (end)
            return (size_t)(end - s);
        p++;
    }
    return (size_t)(begun - s);
}

bool look_alike_next(const char *text, const char **at, struct look_alike *found) {
    for (const char *p = *at; *p; p++) {
        bool inside = p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '_');
        size_t n = *p == '-' ? key_length(p) : 0;
        if (n == 0 && !inside)
            n = shaped(p);
        if (n == 0)
            continue;
        *at = p + n;
        while (n > LOOK_ALIKE_MIN && p[n - 1] == '.') /* it ends a sentence */
            n--;
        *found = (struct look_alike){p, n};
        return true;
    }
    return false;
}

static bool named_like_a_secret(const char *name) {
    static const char *const endings[] = {"_KEY",    "_TOKEN",      "_SECRET",  "PASSWORD",
                                          "_PASSWD", "_CREDENTIAL", "_API_KEY", NULL};
    size_t n = strlen(name);
    for (size_t i = 0; endings[i]; i++) {
        size_t m = strlen(endings[i]);
        if (n >= m && words_equal_ignoring_case(name + n - m, endings[i]))
            return true;
    }
    return false;
}

/* Sixteen or more characters of one token, letters and digits mixed. */
static bool random_looking(const char *s) {
    size_t n = token_length(s);
    bool letter = false, digit = false;
    for (size_t i = 0; i < n; i++) {
        letter = letter || isalpha((unsigned char)s[i]);
        digit = digit || isdigit((unsigned char)s[i]);
    }
    return n >= LOOK_ALIKE_MIN && !s[n] && letter && digit && !says_placeholder(s, n);
}

bool look_alike_variable(const char *name, const char *value) {
    return named_like_a_secret(name) && random_looking(value);
}

bool look_alike_findable(const char *s) {
    size_t n = strlen(s);
    return !s[token_length(s)] ||
           (n >= KEY_BEGINS + KEY_ENDS && !strncmp(s, key_begins, KEY_BEGINS) &&
            strcmp(s + n - KEY_ENDS, key_ends) == 0);
}

enum { FEW = 4, END = 2, LABEL = 40 };

/* A private key's first line is none of its secret. */
static size_t head_of(struct look_alike it) {
    const char *end = key_line(it.s, key_begins);
    size_t n = end ? (size_t)(end - it.s) : 0;
    return !n ? FEW : n <= LABEL && n <= it.n ? n : KEY_BEGINS;
}

void look_alike_short(struct look_alike it, char shown[LOOK_ALIKE_SHOWN]) {
    size_t head = head_of(it), tail = head == FEW ? END : 0;
    if (it.n <= head + tail)
        snprintf(shown, LOOK_ALIKE_SHOWN, "%.*s", (int)it.n, it.s);
    else
        snprintf(shown, LOOK_ALIKE_SHOWN, "%.*s...%.*s", (int)head, it.s, (int)tail,
                 it.s + it.n - tail);
}
