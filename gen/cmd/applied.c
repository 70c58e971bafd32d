#include "cmd/applied.h"
#include "cmd/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#define STATES "/var/db/agent-sandbox"
#define WORKSPACE_PATH "darwinPath"
#else
#define STATES "/var/lib/agent-sandbox"
#define WORKSPACE_PATH "path"
#endif
#define SETTINGS "sandbox.json"

enum { LONGEST = 4 << 20 }; /* bytes of it */

static bool name_is_good(const char *name) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < APPLIED_NAME && !name[n] && *name >= 'a' && *name <= 'z';
}

/* sandbox.json in this folder, which others may have made: no link, nothing that makes a reader
 * wait, of bounded size; NULL. The caller's to json_decref. */
static json_t *read_settings(const char *folder) {
    char path[APPLIED_PATH];
    snprintf(path, sizeof path, "%s/" SETTINGS, folder);
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    json_t *settings = NULL;
    if (file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size < LONGEST)
        settings = json_loadfd(file, JSON_DISABLE_EOF_CHECK, NULL);
    if (file >= 0)
        close(file);
    return settings;
}

static bool lies_in(const char *path, const char *folder) {
    char real[PATH_MAX];
    if (!realpath(folder, real))
        return false;
    size_t n = strlen(real);
    return strncmp(path, real, n) == 0 && (path[n] == '/' || !path[n]);
}

/* root: "/..." or "~/...", in the home of who asks. */
static bool lies_in_projects(const char *path, const char *root) {
    char full[APPLIED_PATH];
    const char *home = getenv("HOME");
    if (*root != '~')
        return lies_in(path, root);
    int n = home ? snprintf(full, sizeof full, "%s%s", home, root + 1) : -1;
    return n > 0 && (size_t)n < sizeof full && lies_in(path, full);
}

static bool lies_in_workspace(const char *path, const char *name) {
    char folder[APPLIED_PATH];
    size_t i;
    json_t *workspace, *root;
    bool found = false;
    snprintf(folder, sizeof folder, STATES "/%s/current", name);
    json_t *settings = read_settings(folder);
    json_array_foreach(json_object_get(settings, "workspaces"), i, workspace) {
        const char *one = json_string_value(json_object_get(workspace, WORKSPACE_PATH));
        found = found || (one && lies_in(path, one));
    }
    json_array_foreach(json_object_get(json_object_get(settings, "projects"), "roots"), i, root) {
        const char *one = json_string_value(root);
        found = found || (one && lies_in_projects(path, one));
    }
    json_decref(settings);
    return found;
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

/* Whether this folder holds a rendered tree, and what it is named there ("": nothing that can be).
 */
static bool tree_name(const char *folder, char name[APPLIED_NAME]) {
    char path[APPLIED_PATH];
    struct stat info;
    snprintf(path, sizeof path, "%s/" SETTINGS, folder);
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return false;
    json_t *settings = read_settings(folder);
    const char *said = json_string_value(json_object_get(settings, "name"));
    snprintf(name, APPLIED_NAME, "%s", said && name_is_good(said) ? said : "");
    json_decref(settings);
    return true;
}

/* folder: an absolute path; it becomes the one that holds the tree. */
static bool climb(char *folder, char name[APPLIED_NAME]) {
    while (!tree_name(*folder ? folder : "/", name)) {
        if (!*folder)
            return false;
        *strrchr(folder, '/') = '\0';
    }
    return true;
}

bool applied_tree(const char *folder, bool around, char *tree, char name[APPLIED_NAME]) {
    return realpath(folder, tree) && (around ? climb(tree, name) : tree_name(tree, name));
}

bool applied_tree_around(const char *folder) {
    char path[PATH_MAX], name[APPLIED_NAME];
    return applied_tree(folder, true, path, name);
}

bool applied_commit(const char *name, char commit[APPLIED_COMMIT]) {
    static const char in[] = "generations/";
    char path[APPLIED_PATH], target[sizeof in + APPLIED_COMMIT - 1];
    snprintf(path, sizeof path, STATES "/%s/current", name);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = '\0';
    if (strncmp(target, in, sizeof in - 1) != 0)
        return false;
    snprintf(commit, APPLIED_COMMIT, "%s", target + sizeof in - 1);
    return *commit && !commit[strspn(commit, "0123456789abcdef")];
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

bool applied_in_workspace(const char *path) {
    char name[APPLIED_NAME];
    struct search search = {.folder = path, .name = name};
    return each_applied(has_folder, &search);
}

static bool count_it(const char *name, void *context) {
    struct search *search = context;
    snprintf(search->name, APPLIED_NAME, "%s", name);
    search->count++;
    return false;
}

struct listing {
    FILE *out;
    bool begun;
};

static bool print_it(const char *name, void *context) {
    struct listing *listing = context;
    fprintf(listing->out, "%s%s", listing->begun ? " " : "; applied here: ", name);
    listing->begun = true;
    return false;
}

void applied_list(FILE *out) {
    struct listing listing = {.out = out};
    each_applied(print_it, &listing);
}

bool applied_named(const char *wanted, char name[APPLIED_NAME]) {
    char path[APPLIED_PATH];
    bool good = name_is_good(wanted);
    snprintf(name, APPLIED_NAME, "%s", good ? wanted : "");
    if (good && applied_script(name, path))
        return true;
    fprintf(stderr, "agent-sandbox: no sandbox %s is applied here", good ? name : "of that name");
    applied_list(stderr);
    fputc('\n', stderr);
    return false;
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
                     "this folder; say which with -s NAME or -o DIR",
                     search.count);
    return search.count == 1;
}

bool applied_choose(const char *folder, bool asked_for, char name[APPLIED_NAME]) {
    char path[PATH_MAX];
    if (!realpath(folder, path)) {
        command_fail(EXIT_WRONG, "no folder %s: %s", folder, strerror(errno));
        return false;
    }
    struct search search = {.folder = path, .name = name};
    if (each_applied(has_folder, &search))
        return true;
    if (asked_for ? !tree_name(path, name) : !climb(path, name)) {
        if (!asked_for)
            return take_only(name);
        command_fail(EXIT_WRONG, "%s is not a rendered sandbox", folder);
        return false;
    }
    if (!*name) {
        command_fail(EXIT_WRONG, "%s/" SETTINGS " names no sandbox", *path ? path : "");
        return false;
    }
    return true;
}
