#include "read/json_scan.h"
#include "base/die.h"

#include <jansson.h>
#include <string.h>

const char *scan_space(const char *p) {
    return p + strspn(p, " \t\r\n");
}

static const char *skip_string(const char *p) {
    for (p++; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p + 1;
}

static const char *skip_value(const char *p) {
    size_t depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (*p == '}' || *p == ']')
            depth--;
        else if (!strchr(",: \t\r\n", *p)) {
            p += strcspn(p, ",:]} \t\r\n");
            continue;
        }
        p++;
    } while (depth > 0);
    return p;
}

char *scan_unescaped(const char *p, const char *end) {
    json_t *value = json_loadb(p, (size_t)(end - p), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    char *s = must_copy(value ? json_string_value(value) : "");
    json_decref(value);
    return s;
}

bool scan_next(const char **p, bool object, struct scan_member *m) {
    const char *at = scan_space(*p);
    if (*at == ',')
        at = scan_space(at + 1);
    if (*at == '}' || *at == ']')
        return false;
    *m = (struct scan_member){0};
    if (object) {
        m->key = at;
        m->key_end = skip_string(at);
        at = scan_space(scan_space(m->key_end) + 1);
    }
    m->value = at;
    m->end = *p = skip_value(at);
    return true;
}

bool scan_find(const char *object, const char *key, struct scan_member *m) {
    const char *p = object + 1;
    while (scan_next(&p, true, m)) {
        CHAR_CLEANUP char *name = scan_unescaped(m->key, m->key_end);
        if (strcmp(name, key) == 0)
            return true;
    }
    return false;
}
