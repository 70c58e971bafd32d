/*
 * Makes a repository: a few folders, config, and HEAD last. Until HEAD is there it is none, and
 * whoever comes next, at the same time or after a kill, does the same steps again.
 */
#include "base/buf_raw.h"
#include "store/store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"",      "/objects",    "/objects/info", "/objects/pack",
                                      "/refs", "/refs/heads", "/refs/tags",    "/agent-sandbox"};
/* What may stand in a git folder that is not made to its end. */
static const char *const parts[] = {"objects", "refs", "agent-sandbox", "config"};

static enum store_result make_folder(const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return STORE_DONE;
    return store_system_failed("make", path);
}

/* path and every folder above it. */
static enum store_result make_path(const char *path) {
    BUF_CLEANUP struct buf part = {0};
    enum store_result result = STORE_DONE;
    buf_str(&part, path);
    for (char *slash = part.data; result == STORE_DONE && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        result = make_folder(part.data);
        *slash = '/';
    }
    return result == STORE_DONE ? make_folder(path) : result;
}

/* FOLDER/NAME, made as FOLDER/agent-sandbox/NAME.PID. */
struct new_file {
    const char *name;
    struct buf text, new, path;
    int descriptor;
};

static enum store_result begin_file(const char *folder, struct new_file *file) {
    buf_printf(&file->new, "%s/agent-sandbox/%s.%ld", folder, file->name, (long)getpid());
    buf_printf(&file->path, "%s/%s", folder, file->name);
    unlink(file->new.data); /* of a killed process that had this number */
    return store_begin_file(file->new.data, 0666, &file->text, &file->descriptor);
}

/* All are on the disk before the first gets its name; they get them in this order. */
static enum store_result put_files(const char *folder, struct new_file *files, size_t n) {
    enum store_result result = STORE_DONE;
    size_t begun = 0;
    while (result == STORE_DONE && begun < n)
        result = begin_file(folder, &files[begun++]);
    for (size_t i = 0; i < begun; i++)
        result = store_end_file(files[i].new.data, files[i].descriptor, result);
    for (size_t i = 0; result == STORE_DONE && i < n; i++)
        if (rename(files[i].new.data, files[i].path.data) < 0)
            result = store_system_failed("write", files[i].path.data);
    return result;
}

static void free_file(struct new_file *file) {
    buf_free(&file->text);
    buf_free(&file->new);
    buf_free(&file->path);
}

/* Whether the file system keeps a file's permission to be executed. */
static bool keeps_modes(const char *folder) {
    BUF_CLEANUP struct buf path = {0};
    struct stat before, after;
    buf_printf(&path, "%s/agent-sandbox", folder);
    int descriptor = open(path.data, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &before) < 0)
        return true;
    bool kept = fchmod(descriptor, before.st_mode ^ S_IXOTH) == 0 &&
                fstat(descriptor, &after) == 0 && before.st_mode != after.st_mode;
    fchmod(descriptor, before.st_mode & 07777);
    close(descriptor);
    return kept;
}

/* No log of the branch's moves: it moves only forward, so the history itself is that log. */
static void write_config(const char *folder, bool bare, struct buf *out) {
    BUF_CLEANUP struct buf other_case = {0};
    buf_printf(&other_case, "%s/OBJECTS", folder);
    buf_printf(out, "[core]\n\trepositoryformatversion = 0\n\tfilemode = %s\n\tbare = %s\n",
               keeps_modes(folder) ? "true" : "false", bare ? "true" : "false");
    buf_lit(out, "\tlogallrefupdates = false\n");
    if (access(other_case.data, F_OK) == 0)
        buf_lit(out, "\tignorecase = true\n");
}

enum store_result store_init(const char *folder, bool bare) {
    BUF_CLEANUP struct buf git = {0};
    buf_printf(&git, "%s%s", folder, bare ? "" : "/.git");
    enum store_result result = make_path(git.data);
    for (size_t i = 1; result == STORE_DONE && i < sizeof folders / sizeof *folders; i++) {
        BUF_CLEANUP struct buf path = {0};
        buf_printf(&path, "%s%s", git.data, folders[i]);
        result = make_folder(path.data);
    }
    if (result == STORE_DONE) {
        struct new_file files[] = {{.name = "config"}, {.name = "HEAD"}};
        write_config(git.data, bare, &files[0].text);
        buf_lit(&files[1].text, "ref: refs/heads/main\n");
        result = put_files(git.data, files, 2);
        free_file(&files[0]);
        free_file(&files[1]);
    }
    return result;
}

static bool is_part(const char *name) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(name, parts[i]) == 0)
            return true;
    return false;
}

/* 1: every name in the folder passes, or there is no folder; 0: not; -1: it can't be read. */
static int all_names(const char *folder, bool (*passes)(const char *name)) {
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 1 : -1;
    int all = 1;
    for (struct dirent *entry; all && (entry = readdir(dir));)
        all = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
              passes(entry->d_name);
    closedir(dir);
    return all;
}

static bool is_git(const char *name) {
    return strcmp(name, ".git") == 0;
}

int store_is_unmade(const char *folder, bool bare) {
    BUF_CLEANUP struct buf git = {0};
    buf_printf(&git, "%s/.git", folder);
    int own = all_names(folder, bare ? is_part : is_git);
    return own == 1 && !bare ? all_names(git.data, is_part) : own;
}
