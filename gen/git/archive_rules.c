#include "git/archive_rules.h"
#include "base/die.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What such an attribute does to a file that has none of these bytes is nothing. */
static const struct attribute {
    const char *name;
    const char *value; /* NULL: any */
    bool content;      /* it rewrites plain files; else it leaves anything out */
    const char *bytes; /* NULL: every file */
} attributes[] = {
    {"export-ignore", NULL, false, NULL},
    {"export-subst", NULL, true, "$Format:"},
    {"ident", NULL, true, "$Id"},
    {"eol", "crlf", true, "\n"},
    {"working-tree-encoding", NULL, true, NULL},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

struct archive_rule {
    char *folder;  /* with its slash; below it the rule holds */
    char *pattern; /* for fnmatch(3); NULL: everything */
    bool base;     /* the last part of the path is matched, not the path */
    bool crosses;  /* '*' matches a slash too */
    const struct attribute *attribute;
};

/* git's "**" in fnmatch's language, where at least what git matches is matched. */
static bool join_stars(char *pattern) {
    char *to = pattern;
    bool any = false;
    for (const char *p = pattern; *p;) {
        bool two = p[0] == '*' && p[1] == '*';
        any = any || two;
        if (two && p[2] == '/')
            p += 2;
        *to++ = two ? '*' : *p;
        p += two && *p == '*' ? 2 : 1;
    }
    *to = '\0';
    return any;
}

static void add_rule(struct archive_rules *rules, const char *folder, const char *pattern, size_t n,
                     const struct attribute *attribute) {
    struct archive_rule rule = {.folder = must_copy(folder), .attribute = attribute};
    bool macro = strncmp(pattern, "[attr]", 6) == 0; /* whoever uses it, has the attribute */
    if (*pattern != '"' && !macro) {
        if (n > 1 && pattern[n - 1] == '/')
            n--; /* a folder; a file of that name counts too */
        rule.base = !memchr(pattern, '/', n);
        if (*pattern == '/')
            pattern++, n--;
        rule.pattern = must_alloc(n + 1);
        memcpy(rule.pattern, pattern, n);
        rule.crosses = join_stars(rule.pattern);
    }
    if (rules->n == rules->cap) {
        rules->cap = rules->cap ? 2 * rules->cap : 16;
        rules->v = must_realloc(rules->v, rules->cap * sizeof *rules->v);
    }
    rules->v[rules->n++] = rule;
}

static bool sets(const char *word, size_t n, const struct attribute *attribute) {
    size_t name = strlen(attribute->name);
    if (n < name || memcmp(word, attribute->name, name) != 0)
        return false;
    if (n == name || word[name] != '=')
        return n == name && !attribute->value;
    return !attribute->value || (strlen(attribute->value) == n - name - 1 &&
                                 memcmp(word + name + 1, attribute->value, n - name - 1) == 0);
}

/* PATTERN ATTRIBUTE...; a quoted pattern is not looked at, so where it ends does not matter. */
static void read_line(struct archive_rules *rules, const char *folder, const char *line) {
    static const char space[] = " \t\r";
    line += strspn(line, space);
    size_t pattern = strcspn(line, space);
    if (*line == '#' || *line == '!')
        return;
    for (const char *p = line + pattern; *(p += strspn(p, space));) {
        size_t n = strcspn(p, space);
        for (size_t i = 0; i < ATTRIBUTES; i++)
            if (sets(p, n, &attributes[i]))
                add_rule(rules, folder, line, pattern, &attributes[i]);
        p += n;
    }
}

void archive_rules_read(struct archive_rules *rules, const char *folder, const char *text,
                        size_t n) {
    const char *end = text + n;
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        CHAR_CLEANUP char *line = must_alloc(length + 1);
        memcpy(line, text, length);
        read_line(rules, folder, line);
        text += length + 1;
    }
}

void archive_rules_free(struct archive_rules *rules) {
    for (size_t i = 0; i < rules->n; i++) {
        free(rules->v[i].folder);
        free(rules->v[i].pattern);
    }
    free(rules->v);
    *rules = (struct archive_rules){0};
}

static bool has_bytes(const char *data, size_t n, const char *bytes) {
    size_t length = strlen(bytes);
    for (const char *p = data, *end = data + n;; p++) {
        p = memchr(p, *bytes, (size_t)(end - p));
        if (!p || (size_t)(end - p) < length)
            return false;
        if (memcmp(p, bytes, length) == 0)
            return true;
    }
}

static bool matches(const struct archive_rule *rule, const char *path) {
    size_t folder = strlen(rule->folder);
    if (strncmp(path, rule->folder, folder) != 0)
        return false;
    if (!rule->pattern)
        return true;
    const char *slash = strrchr(path, '/');
    const char *name = rule->base && slash ? slash + 1 : path + folder;
    return fnmatch(rule->pattern, name, rule->crosses ? 0 : FNM_PATHNAME) == 0;
}

const char *archive_rules_match(const struct archive_rules *rules, const char *path,
                                const void *data, size_t n) {
    for (size_t i = 0; i < rules->n; i++) {
        const struct attribute *attribute = rules->v[i].attribute;
        if (attribute->content &&
            (!data || (attribute->bytes && !has_bytes(data, n, attribute->bytes))))
            continue;
        if (matches(&rules->v[i], path))
            return attribute->name;
    }
    return NULL;
}
