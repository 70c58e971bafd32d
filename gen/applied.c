#include "applied.h"
#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#define STATES "/var/db/agent-sandbox"
#define SYSTEM "darwin"
#else
#define STATES "/var/lib/agent-sandbox"
#define SYSTEM "linux"
#endif
#define SETTINGS SYSTEM "/host.conf"

static bool name_is_good(const char *name) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < APPLIED_NAME && !name[n] && *name >= 'a' && *name <= 'z';
}

/* A file that others may have made: no link, nothing that makes a reader wait, of bounded size. */
static bool read_settings(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    size_t n = 0;
    if (file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode))
        for (ssize_t got; n < size - 1 && (got = read(file, text + n, size - 1 - n)) > 0;)
            n += (size_t)got;
    if (file >= 0)
        close(file);
    text[n] = '\0';
    return n > 0;
}

/* The value of KEY='value', a line of its own; it ends what is in it. NULL: none. */
static char *setting(char *text, const char *key) {
    size_t n = strlen(key);
    for (char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) != 0 || strncmp(line + n, "='", 2) != 0)
            continue;
        char *value = line + n + 2;
        value[strcspn(value, "'\n")] = '\0';
        return value;
    }
    return NULL;
}

static bool lies_in(const char *path, const char *folder) {
    char real[PATH_MAX];
    if (!realpath(folder, real))
        return false;
    size_t n = strlen(real);
    return strncmp(path, real, n) == 0 && (path[n] == '/' || !path[n]);
}

static bool lies_in_workspace(const char *path, const char *name) {
    char file[APPLIED_PATH], text[1 << 16];
    const char *keys[] = {"WORKSPACES_RW", "WORKSPACES_RO"};
    snprintf(file, sizeof file, STATES "/%s/current/" SETTINGS, name);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *value = read_settings(file, text, sizeof text) ? setting(text, keys[i]) : NULL;
        char *rest = NULL;
        for (char *one = value ? strtok_r(value, " ", &rest) : NULL; one;
             one = strtok_r(NULL, " ", &rest))
            if (lies_in(path, one))
                return true;
    }
    return false;
}

bool applied_script(const char *name, char path[APPLIED_PATH]) {
    struct stat info;
    snprintf(path, APPLIED_PATH, STATES "/%s/current/bin/agent-sandbox", name);
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool is_others(const char *path) {
    struct stat info;
    if (lstat(path, &info) < 0 || info.st_uid != 0)
        return true;
    if (S_ISLNK(info.st_mode))
        return false;
    /* In a sticky folder, such as Nix's store, nobody can replace what is root's. */
    bool sticky = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX);
    return (info.st_mode & (S_IWGRP | S_IWOTH)) && !sticky;
}

static bool part_is_others(const char *path, char out[APPLIED_PATH]) {
    size_t n = strlen(path);
    for (size_t i = 1; i <= n; i++) {
        if (i > 1 && i < n && path[i] != '/')
            continue;
        snprintf(out, APPLIED_PATH, "%.*s", (int)i, path);
        if (is_others(out))
            return true;
    }
    return false;
}

bool applied_is_others(const char *path, char out[APPLIED_PATH]) {
    char real[PATH_MAX];
    if (part_is_others(path, out))
        return true;
    snprintf(out, APPLIED_PATH, "%s", path);
    return !realpath(path, real) || part_is_others(real, out);
}

/* Whether this folder holds a rendered tree, and what it is named there. */
static bool tree_name(const char *folder, char *text, size_t size, char **name) {
    char path[APPLIED_PATH];
    struct stat info;
    snprintf(path, sizeof path, "%s/sandbox.json", folder);
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return false;
    snprintf(path, sizeof path, "%s/" SETTINGS, folder);
    *name = read_settings(path, text, size) ? setting(text, "NAME") : NULL;
    return true;
}

/* folder: an absolute path; it becomes the one that holds the tree. */
static bool climb(char *folder, char *text, size_t size, char **name) {
    while (!tree_name(*folder ? folder : "/", text, size, name)) {
        if (!*folder)
            return false;
        *strrchr(folder, '/') = '\0';
    }
    return true;
}

bool applied_tree_around(const char *folder) {
    char path[PATH_MAX], text[1 << 16], *name;
    return realpath(folder, path) && climb(path, text, sizeof text, &name);
}

/* Every applied sandbox's name, until this one is the answer. */
static bool each_applied(bool (*is_it)(const char *name, void *context), void *context) {
    DIR *states = opendir(STATES);
    bool found = false;
    for (struct dirent *entry; states && !found && (entry = readdir(states));) {
        char path[APPLIED_PATH];
        found = name_is_good(entry->d_name) && applied_script(entry->d_name, path) &&
                is_it(entry->d_name, context);
    }
    if (states)
        closedir(states);
    return found;
}

struct search {
    const char *folder;
    char *name;
    size_t count;
};

static bool has_folder(const char *name, void *context) {
    struct search *search = context;
    if (!lies_in_workspace(search->folder, name))
        return false;
    snprintf(search->name, APPLIED_NAME, "%s", name);
    return true;
}

static bool count_it(const char *name, void *context) {
    struct search *search = context;
    snprintf(search->name, APPLIED_NAME, "%s", name);
    search->count++;
    return false;
}

static bool print_it(const char *name, void *context) {
    bool *first = context;
    printf("%s%s", *first ? "; applied here: " : " ", name);
    *first = false;
    return false;
}

void applied_list(void) {
    bool first = true;
    each_applied(print_it, &first);
}

static bool take_only(char name[APPLIED_NAME]) {
    struct search search = {.name = name};
    each_applied(count_it, &search);
    if (search.count == 0)
        command_fail(EXIT_WRONG, "no sandbox is applied here, and no rendered one is around this "
                                 "folder; say which with -o DIR");
    else if (search.count > 1)
        command_fail(EXIT_WRONG,
                     "%zu sandboxes are applied here, and no rendered one is around "
                     "this folder; say which with -o DIR",
                     search.count);
    return search.count == 1;
}

bool applied_choose(const char *folder, bool asked_for, char name[APPLIED_NAME]) {
    char path[PATH_MAX], text[1 << 16], *named = NULL;
    if (!realpath(folder, path)) {
        command_fail(EXIT_WRONG, "no folder %s: %s", folder, strerror(errno));
        return false;
    }
    struct search search = {.folder = path, .name = name};
    if (each_applied(has_folder, &search))
        return true;
    if (asked_for ? !tree_name(path, text, sizeof text, &named)
                  : !climb(path, text, sizeof text, &named)) {
        if (!asked_for)
            return take_only(name);
        command_fail(EXIT_WRONG, "%s is not a rendered sandbox", folder);
        return false;
    }
    if (!named || !name_is_good(named)) {
        command_fail(EXIT_WRONG, "%s/" SETTINGS " names no sandbox", *path ? path : "");
        return false;
    }
    snprintf(name, APPLIED_NAME, "%s", named);
    return true;
}
