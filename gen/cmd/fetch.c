#include "cmd/fetch.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/process.h"
#include "git/kept.h"
#include "read/sources.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* No file of what a repository sends grows larger. */
enum { PACK_MAX = 512 << 20 };

#define FETCHED "refs/agent-sandbox/fetched"

struct fetching {
    const char *url; /* as git knows it: without "git+" */
    char *folder;    /* the cache's */
    char *place;     /* a bare repository, gone afterwards */
    int lock;
};

/* -- the place -- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* What a killed one left, too. */
static void clear(const struct fetching *f) {
    nftw(f->place, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool make_folders(const char *path) {
    CHAR_CLEANUP char *folder = must_copy(path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    return mkdir(folder, 0700) == 0 || errno == EEXIST;
}

static enum exit_code open_place(struct fetching *f) {
    BUF_CLEANUP struct buf lock = {0}, place = {0};
    f->folder = sources_folder();
    f->lock = -1;
    if (!f->folder)
        return command_fail(EXIT_FAILED, "there is no cache: " SOURCES_NONE);
    buf_printf(&lock, "%s/lock", f->folder);
    buf_printf(&place, "%s/fetch.git", f->folder);
    f->place = must_copy(place.data);
    if (make_folders(f->folder))
        f->lock = open(lock.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock < 0 || flock(f->lock, LOCK_EX) < 0)
        return command_fail(EXIT_FAILED, "can't write the cache %s: %s", f->folder,
                            strerror(errno));
    clear(f);
    return EXIT_DONE;
}

static void close_place(struct fetching *f) {
    if (f->lock >= 0) {
        clear(f);
        close(f->lock);
    }
    free(f->folder);
    free(f->place);
}

/* -- git -- */

/* The user's settings hold where they say how a repository is reached and who is asked for a
 * password. What else git might do on that occasion, it does not: no hook, no submodule, no other
 * protocol, no upkeep. The repository that it fetches into is ours, and new. */
#define NEVER                                                                                      \
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c",       \
        "maintenance.auto=false", "-c", "fetch.writeCommitGraph=false", "-c",                      \
        "submodule.recurse=false", "-c", "fetch.fsckObjects=true", "-c", "fetch.unpackLimit=1",    \
        "-c", "fetch.uriProtocols=", "-c", "transfer.bundleURI=false", "-c",                       \
        "protocol.allow=never", "-c", "protocol.https.allow=always", "-c",                         \
        "protocol.ssh.allow=always", "-c", "protocol.file.allow=always"

/* Whether a process ended well; no file that it writes is larger than that. */
static bool run_bounded(char *const argv[], bool errors) {
    struct rlimit own, bounded;
    bool known = getrlimit(RLIMIT_FSIZE, &own) == 0;
    bounded = own;
    if (known && (own.rlim_cur == RLIM_INFINITY || own.rlim_cur > PACK_MAX))
        bounded.rlim_cur = PACK_MAX;
    if (known)
        setrlimit(RLIMIT_FSIZE, &bounded);
    int code = process_run(argv, NULL, NULL, errors);
    if (known)
        setrlimit(RLIMIT_FSIZE, &own);
    return code == 0;
}

static bool begin(const struct fetching *f) {
    char *argv[] = {"git",
                    "-c",
                    "init.defaultRefFormat=files",
                    "init",
                    "--quiet",
                    "--bare",
                    "--object-format=sha1",
                    "--template=",
                    "--",
                    (char *)f->place,
                    NULL};
    return run_bounded(argv, true);
}

/* All of its history, where one commit alone is not given. */
static bool fetch_all(const struct fetching *f) {
    char *argv[] = {"git",
                    NEVER,
                    "--git-dir",
                    f->place,
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--no-recurse-submodules",
                    "--no-write-fetch-head",
                    "--",
                    (char *)f->url,
                    "+refs/heads/*:refs/agent-sandbox/heads/*",
                    "+refs/tags/*:refs/agent-sandbox/tags/*",
                    NULL};
    return run_bounded(argv, true);
}

static bool fetch_one(const struct fetching *f, const char *what, bool errors) {
    BUF_CLEANUP struct buf spec = {0};
    buf_printf(&spec, "+%s:" FETCHED, what);
    char *argv[] = {"git",
                    NEVER,
                    "--git-dir",
                    f->place,
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--depth=1",
                    "--no-recurse-submodules",
                    "--no-write-fetch-head",
                    "--",
                    (char *)f->url,
                    spec.data,
                    NULL};
    return run_bounded(argv, errors);
}

/* -- the cache -- */

static enum exit_code write_cached(const char *path, const struct buf *text) {
    BUF_CLEANUP struct buf new = {0};
    buf_printf(&new, "%s.new", path);
    unlink(new.data);
    int fd = open(new.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t done = 0;
    while (fd >= 0 && done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0 || done < text->len || rename(new.data, path) < 0) {
        enum exit_code code =
            command_fail(EXIT_FAILED, "can't write the cache %s: %s", path, strerror(errno));
        unlink(new.data);
        if (fd >= 0)
            close(fd);
        return code;
    }
    close(fd);
    return EXIT_DONE;
}

/* Read as every command will read it, before it is there. */
static enum exit_code keep(const char *url, const char *what, const struct fetching *f,
                           struct fetched *fetched) {
    BUF_CLEANUP struct buf text = {0};
    struct store_id id;
    enum store_result result = store_keep(f->place, what, &id, &text);
    if (result != STORE_DONE)
        return command_fail(result == STORE_REFUSED ? EXIT_WRONG : EXIT_FAILED, "%s: %s", url,
                            store_error());
    struct arena *arena = arena_new();
    const char *why;
    const struct kept *kept = kept_read(arena, text.data, text.len, id.hex, &why);
    if (kept)
        kept_hash(kept, fetched->hash);
    arena_free(arena);
    if (!kept)
        return command_fail(EXIT_WRONG, "%s: its commit %.10s is not read: %s", url, id.hex, why);
    memcpy(fetched->rev, id.hex, sizeof fetched->rev);
    CHAR_CLEANUP char *path = sources_path(url, id.hex);
    return write_cached(path, &text);
}

static enum exit_code fetch(const char *url, const char *ref, const char *rev,
                            struct fetched *fetched) {
    struct fetching f = {.url = url + strlen("git+")};
    enum exit_code code = open_place(&f);
    if (code == EXIT_DONE) {
        bool got = begin(&f) && (rev ? fetch_one(&f, rev, false) || fetch_all(&f)
                                     : fetch_one(&f, ref ? ref : "HEAD", true));
        code = got ? keep(url, rev ? rev : FETCHED, &f, fetched)
                   : command_fail(EXIT_FAILED, "git did not fetch %s of %s",
                                  rev   ? rev
                                  : ref ? ref
                                        : "HEAD",
                                  f.url);
    }
    close_place(&f);
    return code;
}

enum exit_code fetch_ref(const char *url, const char *ref, struct fetched *fetched) {
    return fetch(url, ref, NULL, fetched);
}

enum exit_code fetch_rev(const char *url, const char *rev, struct fetched *fetched) {
    return fetch(url, NULL, rev, fetched);
}
