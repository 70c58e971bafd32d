#include "state/state.h"
#include "base/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_MAX = 4 << 20, INPUT_MAX = 1 << 20 };

/* -- reading -- */

/* A whole file with a NUL behind it, the caller's to free; NULL: not a regular one, or a larger. */
static char *read_at(int folder, const char *path, size_t max, size_t *n) {
    struct stat st;
    char *text = NULL;
    int descriptor = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return NULL;
    if (fstat(descriptor, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size < max)
        text = malloc((size_t)st.st_size + 1);
    ssize_t got = text ? read(descriptor, text, (size_t)st.st_size + 1) : -1;
    close(descriptor);
    if (got < 0 || got != st.st_size) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    *n = (size_t)got;
    return text;
}

/* Cuts the next line off; NULL at the end. */
static char *take_line(char **at) {
    char *line = *at, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return line;
}

static bool next_is(char **at, const char *wanted) {
    const char *line = take_line(at);
    return line && strcmp(line, wanted) == 0;
}

/* -- comparing -- */

static bool holds_today(const char *until) {
    struct date today = calendar_date(calendar_now());
    char text[16];
    snprintf(text, sizeof text, "%04u-%02u-%02u", (unsigned)today.year, (unsigned)today.month,
             (unsigned)today.day);
    return !*until || (strlen(until) == 10 && strcmp(text, until) <= 0);
}

static bool branch_is_at(int folder, const char *branch, const char *commit) {
    char path[512];
    size_t n;
    if ((size_t)snprintf(path, sizeof path, ".git/%s", branch) >= sizeof path)
        return false;
    char *text = read_at(folder, path, 64, &n);
    bool same = text && n == 41 && memcmp(text, commit, 40) == 0 && strlen(commit) == 40;
    free(text);
    return same;
}

/* A number in lower-case hex, and the blank behind it. By hand: there are a thousand of them, and
 * strtoull would be most of what this program does. */
static bool take_number(const char **at, uint64_t *n) {
    *n = 0;
    for (; **at != ' '; ++*at) {
        char c = **at;
        if (c >= '0' && c <= '9')
            *n = *n << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *n = *n << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    ++*at;
    return true;
}

/* Where a file leads: a base and a dotfile's source must stay in the spec's folder. */
static bool leads_to(const char *path, const char *real) {
    char *now = realpath(path, NULL);
    bool same = now && strcmp(now, real) == 0;
    free(now);
    return same;
}

/* One file that was read: its bytes stand in the state. */
static bool input_is_same(char **at, const char *end, const char *spec) {
    const char *path = take_line(at), *real = take_line(at), *line = take_line(at);
    uint64_t length;
    size_t n;
    if (!line || !take_number(&line, &length) || length >= (uint64_t)(end - *at) ||
        (spec ? strcmp(path, spec) != 0 : !leads_to(path, real)))
        return false;
    const char *was = *at;
    *at += length;
    char *now = read_at(AT_FDCWD, path, INPUT_MAX, &n);
    bool same = now && n == length && memcmp(now, was, n) == 0;
    free(now);
    return same;
}

static bool inputs_are_same(char **at, const char *end, const char *spec) {
    const char *line = take_line(at);
    unsigned long n = line ? strtoul(line, NULL, 10) : 0;
    bool same = n > 0;
    for (unsigned long i = 0; same && i < n; i++)
        same = input_is_same(at, end, i ? NULL : spec);
    return same;
}

static bool entry_is_same(int folder, const char *line) {
    uint64_t was[7];
    struct stat st;
    const char *at = line;
    for (size_t i = 0; i < 7; i++)
        if (!take_number(&at, &was[i]))
            return false;
    if (fstatat(folder, at, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    const uint64_t now[] = {st.st_mode,
                            (uint64_t)st.st_size,
                            (uint64_t)st.st_mtim.tv_sec,
                            (uint64_t)st.st_mtim.tv_nsec,
                            (uint64_t)st.st_ctim.tv_sec,
                            (uint64_t)st.st_ctim.tv_nsec,
                            st.st_ino};
    return memcmp(was, now, sizeof was) == 0;
}

static bool checkout_is_same(int folder, char **at) {
    struct stat st;
    /* libgit2 refuses a repository of another user's. */
    if (fstat(folder, &st) < 0 || st.st_uid != geteuid() ||
        fstatat(folder, ".git", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
        st.st_uid != geteuid())
        return false;
    for (char *line; (line = take_line(at));) {
        if (strcmp(line, "end") == 0)
            return true;
        if (!entry_is_same(folder, line))
            return false;
    }
    return false;
}

static bool say(const char *name, const char *commit, const char *folder) {
    size_t n = strlen(folder);
    if (n > 1 && folder[n - 1] == '/')
        n--;
    return printf("%s: nothing changed (%.10s in %.*s)\n", name, commit, (int)n, folder) > 0 &&
           fflush(stdout) == 0;
}

static bool is_unchanged(int folder, char *text, size_t n, const char *spec, const char *path) {
    char *at = text;
    if (!next_is(&at, STATE_MAGIC) || !next_is(&at, program_identity))
        return false;
    const char *until = take_line(&at), *name = take_line(&at), *commit = take_line(&at),
               *branch = take_line(&at);
    return branch && holds_today(until) && branch_is_at(folder, branch, commit) &&
           inputs_are_same(&at, text + n, spec) && checkout_is_same(folder, &at) &&
           say(name, commit, path);
}

bool state_says_unchanged(const char *spec, const char *folder) {
    size_t n;
    int descriptor = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (descriptor < 0)
        return false;
    char *text = read_at(descriptor, STATE_FILE, STATE_MAX, &n);
    bool unchanged = text && is_unchanged(descriptor, text, n, spec, folder);
    free(text);
    close(descriptor);
    return unchanged;
}
