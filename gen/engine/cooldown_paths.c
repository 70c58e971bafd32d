/* What the paths of packages say. */
#include "engine/cooldown_private.h"

#include <ctype.h>
#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const char *package_reading(struct arena *arena, const struct target *target) {
    const char *first = target->readings[0];
    char *plain = arena_alloc(arena, strlen(first) + 1), *out = plain;
    for (const char *s = first; *s;) {
        if (path_is_slash(s)) {
            *out++ = '/';
            s += 3;
        } else {
            *out++ = *s++;
        }
    }
    for (size_t i = 1; i < target->reading_count; i++)
        if (strcmp(target->readings[i], first) != 0 && strcmp(target->readings[i], plain) != 0)
            return NULL;
    return strstr(plain, "//") ? NULL : plain;
}

const char *package_normal(struct arena *arena, const char *name) {
    char *made = arena_alloc(arena, strlen(name) + 1), *out = made;
    for (const char *s = name; *s; s++) {
        bool mark = *s == '-' || *s == '_' || *s == '.';
        if (!mark)
            *out++ = bytes_lower(*s);
        else if (s == name || !strchr("-_.", s[-1]))
            *out++ = '-';
    }
    return made;
}

/* -- npm -- */

/* The length of a package's name at s, which a slash or the end follows; 0: there is none. */
static size_t npm_name_length(const char *s) {
    size_t scope = 0;
    if (*s == '@') {
        scope = 1 + strspn(s + 1, ALNUM "._~-");
        if (scope == 1 || s[scope] != '/')
            return 0;
        scope++;
    }
    size_t n = strspn(s + scope, ALNUM "._~!'()*-");
    if (n == 0 || s[scope] == '.' || s[scope] == '~' || (s[scope + n] && s[scope + n] != '/'))
        return 0;
    return scope + n;
}

/* Whose file it is: what stands before "/-/", which stands there once. */
static const char *npm_name(struct arena *arena, const char *path) {
    const char *end = strstr(path, "/-/");
    if (!end || strstr(end + 1, "/-/"))
        return NULL;
    char *before = arena_copy_n(arena, path, (size_t)(end - path));
    char *last = strrchr(before, '/'), *name = last ? last + 1 : before;
    if (last) {
        *last = '\0';
        char *scope = strrchr(before, '/');
        *last = '/';
        if (scope && scope[1] == '@')
            name = scope + 1;
    }
    return npm_name_length(name) == strlen(name) && *name ? name : NULL;
}

static bool ends_in(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

enum found { OTHER, PLACE, NEITHER };

static enum found of_npm(struct arena *arena, struct aged *aged, const char *rest) {
    if (!*rest || strcmp(rest, "/") == 0 ||
        (strncmp(rest, "/-/", 3) == 0 && !strstr(rest + 1, "/-/") && !ends_in(rest, ".tgz")))
        return OTHER;
    size_t n = npm_name_length(rest + 1);
    const char *behind = rest + 1 + n;
    if (!n || (n == 1 && rest[1] == '-') || (*behind && (!behind[1] || strchr(behind + 1, '/'))))
        return NEITHER;
    aged->name = arena_copy_n(arena, rest + 1, n);
    aged->place = *behind ? AGED_VERSION : AGED_INDEX;
    aged->version = *behind ? arena_copy(arena, behind + 1) : NULL;
    return PLACE;
}

/* -- PyPI -- */

static const char *file_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What stands before the version, which begins with a digit; in a wheel, before the first hyphen.
 */
static const char *pypi_name(struct arena *arena, const char *path) {
    const char *file = file_of(path), *end = strchr(file, '-');
    if (ends_in(file, ".whl"))
        return end && end > file && strspn(file, ALNUM "._") == (size_t)(end - file)
                   ? package_normal(arena, arena_copy_n(arena, file, (size_t)(end - file)))
                   : NULL;
    while (end && (end == file || !isdigit((unsigned char)end[1])))
        end = strchr(end + 1, '-');
    if (!end || strspn(file, ALNUM "._-") < (size_t)(end - file))
        return NULL;
    return package_normal(arena, arena_copy_n(arena, file, (size_t)(end - file)));
}

static enum found of_pypi(struct arena *arena, struct aged *aged, const char *rest) {
    if (!*rest || strcmp(rest, "/") == 0)
        return OTHER;
    size_t n = strspn(rest + 1, ALNUM "._-");
    if (!n || (rest[1 + n] && strcmp(rest + 1 + n, "/") != 0))
        return NEITHER;
    aged->name = package_normal(arena, arena_copy_n(arena, rest + 1, n));
    aged->place = AGED_INDEX;
    return PLACE;
}

static bool pypi_bears(struct arena *arena, const char *name, const char *path) {
    const char *file = file_of(path);
    if (ends_in(file, ".whl")) {
        const char *found = pypi_name(arena, path);
        return found && strcmp(found, name) == 0;
    }
    const char *normal = package_normal(arena, file);
    size_t n = strlen(name);
    return strncmp(normal, name, n) == 0 && normal[n] == '-' &&
           isdigit((unsigned char)normal[n + 1]);
}

bool package_bears(struct arena *arena, const struct package_place *index, const char *name,
                   const char *path) {
    if (index->kind == PACKAGES_OF_PYPI)
        return pypi_bears(arena, name, path);
    if (!strstr(path, "/-/"))
        return strstr(path, arena_printf(arena, "/%s/", name)) != NULL;
    const char *found = npm_name(arena, path);
    return found && strcmp(found, name) == 0;
}

/* -- both -- */

static const char *file_key(struct arena *arena, const char *host, int port, const char *path) {
    return arena_printf(arena, "%s:%d%s", host, port, path);
}

bool package_place_of(struct arena *arena, struct aged *aged, const char *host, int port,
                      const char *path) {
    const struct package_place *index = &aged->index;
    size_t n = strlen(index->path);
    bool npm = index->kind == PACKAGES_OF_NPM;
    if (port == index->port && strcmp(host, index->host) == 0 &&
        strncmp(path, index->path, n) == 0 && (!path[n] || path[n] == '/')) {
        enum found found = (npm ? of_npm : of_pypi)(arena, aged, path + n);
        if (found != NEITHER)
            return found == PLACE;
    }
    static const char *const of_a_file[] = {".metadata", ".asc"};
    for (size_t i = 0; !npm && i < sizeof of_a_file / sizeof *of_a_file; i++)
        if (ends_in(path, of_a_file[i]))
            path = arena_copy_n(arena, path, strlen(path) - strlen(of_a_file[i]));
    aged->place = AGED_FILE;
    aged->name = npm ? npm_name(arena, path) : pypi_name(arena, path);
    aged->file = file_key(arena, host, port, path);
    return true;
}

/* RFC 3986, section 5.2, of what begins with "../" at most. */
static const char *joined(struct arena *arena, const char *base, const char *path) {
    char *folder = arena_copy(arena, base), *slash = strrchr(folder, '/');
    *slash = '\0';
    while (strncmp(path, "../", 3) == 0) {
        slash = strrchr(folder, '/');
        if (slash)
            *slash = '\0';
        else
            *folder = '\0';
        path += 3;
    }
    return arena_printf(arena, "%s/%s", folder, path);
}

const char *package_file(struct arena *arena, const struct package_place *index, const char *name,
                         const char *url, const char **own) {
    struct target target;
    const char *host = index->host, *path = arena_copy_n(arena, url, strcspn(url, "?#")), *reading;
    int port = index->port;
    if (strstr(path, "://")) {
        if (strncmp(path, "https://", 8) != 0)
            return NULL;
        size_t n = strcspn(path + 8, "/");
        if (target_authority(arena, (struct bytes){path + 8, n}, 443, &host, &port))
            return NULL;
        path += 8 + n;
    } else if (*path != '/') {
        path = joined(arena, package_page(arena, index, name), path);
    }
    if (target_parse(arena, bytes_of(path), &target))
        return NULL;
    reading = package_reading(arena, &target);
    if (!reading || !package_bears(arena, index, name, reading))
        return NULL;
    *own = file_key(arena, index->host, index->port, reading);
    return file_key(arena, host, port, reading);
}
