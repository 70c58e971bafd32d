#include "engine/vault.h"
#include "base/die.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    SHORTEST = 8,
    LONGEST = 16384,
    MOST_READ = 32768,
    LOOK_NS = 1000000000, /* how long nobody looks for a newer one */
    MOST_PATHS = 3,       /* the source, and two folders of copies */
    NUMBERS = 5
};

struct signature { /* of a file; n 0: there is none */
    size_t n;
    int64_t numbers[NUMBERS];
};

/* A secret, the file it came from, and when all places were last looked at for a newer one. */
struct kept {
    struct kept *next;
    char *name, *source_name;
    int source;
    char *secret; /* NULL: none was good yet */
    size_t length;
    struct forms *forms;
    char *path;
    struct signature signature;
    int64_t looked;
    bool looks; /* at once, whatever the time */
    bool complained;
    struct signature states[MOST_PATHS]; /* that somebody complained of */
};

struct vault {
    char *directories[2];
    void (*complain)(const char *problem);
    struct kept *kept;
};

struct places {
    size_t n;
    const char *path[MOST_PATHS];
    struct signature signature[MOST_PATHS];
};

/* -- memory -- */

static char *secret_alloc(size_t n) {
    char *room = OPENSSL_secure_malloc(n);
    if (!room)
        room = OPENSSL_malloc(n); /* what is locked is full */
    if (!room)
        die("no memory for a secret");
    return room;
}

static void secret_free(char *secret, size_t n) {
    if (secret)
        OPENSSL_secure_clear_free(secret, n);
}

struct vault *vault_new(const char *credentials_directory, const char *rotated,
                        void (*complain)(const char *problem)) {
    struct vault *vault = must_alloc(sizeof *vault);
    const char *given[] = {credentials_directory, rotated};
    size_t n = 0;
    for (size_t i = 0; i < 2; i++)
        if (given[i] && given[i][0])
            vault->directories[n++] = must_copy(given[i]);
    vault->complain = complain;
    return vault;
}

static void kept_free(struct kept *kept) {
    secret_free(kept->secret, kept->length + 1);
    forms_unref(kept->forms);
    free(kept->name);
    free(kept->source_name);
    free(kept->path);
    free(kept);
}

void vault_free(struct vault *vault) {
    if (!vault)
        return;
    for (struct kept *kept = vault->kept, *next; kept; kept = next) {
        next = kept->next;
        kept_free(kept);
    }
    free(vault->directories[0]);
    free(vault->directories[1]);
    free(vault);
}

void vault_forget(struct vault *vault) {
    for (struct kept *kept = vault->kept; kept; kept = kept->next) {
        kept->signature.n = 0;
        kept->looks = true;
    }
}

/* A credential that a new policy takes from elsewhere is another one. */
static struct kept *kept_of(struct vault *vault, const struct egress_credential *credential) {
    struct kept *kept = vault->kept;
    while (kept &&
           (kept->source != (int)credential->source || strcmp(kept->name, credential->name) != 0 ||
            strcmp(kept->source_name, credential->source_name) != 0))
        kept = kept->next;
    if (kept)
        return kept;
    kept = must_alloc(sizeof *kept);
    kept->name = must_copy(credential->name);
    kept->source_name = must_copy(credential->source_name);
    kept->source = (int)credential->source;
    kept->next = vault->kept;
    vault->kept = kept;
    return kept;
}

/* -- files -- */

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#ifdef __APPLE__
#define MTIME(s) (s)->st_mtimespec
#define CTIME(s) (s)->st_ctimespec
#else
#define MTIME(s) (s)->st_mtim
#define CTIME(s) (s)->st_ctim
#endif

static int64_t nanoseconds(struct timespec t) {
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct signature signature(const struct stat *status) {
    return (struct signature){NUMBERS,
                              {(int64_t)status->st_dev, (int64_t)status->st_ino,
                               (int64_t)status->st_size, nanoseconds(MTIME(status)),
                               nanoseconds(CTIME(status))}};
}

static struct signature signature_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? signature(&status) : (struct signature){0};
}

static bool same(const struct signature *a, const struct signature *b) {
    return a->n == b->n && memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0;
}

static bool is_later(const struct signature *a, const struct signature *b) {
    return a->n && (!b->n || a->numbers[3] > b->numbers[3]);
}

/* The file itself where the proxy may read it (it rotates at once), else root's copies: systemd's
 * of when the proxy started, and those of when the source was changed, which on macOS are the only
 * ones. The later one comes first. */
static struct places places_of(const struct vault *vault, struct arena *arena,
                               const struct egress_credential *credential) {
    struct places places = {0};
    if (credential->source == EGRESS_FILE)
        places.path[places.n++] = credential->source_name;
    size_t copies = places.n;
    for (size_t i = 0; i < 2; i++)
        if (vault->directories[i])
            places.path[places.n++] =
                arena_printf(arena, "%s/%s", vault->directories[i], credential->name);
    for (size_t i = 0; i < places.n; i++)
        places.signature[i] = signature_of(places.path[i]);
    if (places.n == copies + 2 &&
        is_later(&places.signature[copies + 1], &places.signature[copies])) {
        const char *path = places.path[copies];
        struct signature earlier = places.signature[copies];
        places.path[copies] = places.path[copies + 1];
        places.signature[copies] = places.signature[copies + 1];
        places.path[copies + 1] = path;
        places.signature[copies + 1] = earlier;
    }
    return places;
}

/* -- reading -- */

/* The length of what can stand in every slot, without the line end behind it; 0: it is no secret.
 * Spaces, controls and line ends would change the request around it. */
static size_t usable(const char *text, size_t n) {
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (n < SHORTEST || n > LONGEST)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return 0;
    return n;
}

static bool read_all(int fd, char *room, size_t most, size_t *n) {
    *n = 0;
    while (*n < most) {
        ssize_t got = read(fd, room + *n, most - *n);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *n += (size_t)got;
    }
    return true;
}

static void take(struct kept *kept, const char *path, const struct signature *found,
                 const char *text, size_t n) {
    if (!kept->secret || kept->length != n || memcmp(kept->secret, text, n) != 0) {
        secret_free(kept->secret, kept->length + 1);
        forms_unref(kept->forms);
        kept->secret = secret_alloc(n + 1);
        memcpy(kept->secret, text, n);
        kept->secret[n] = '\0';
        kept->length = n;
        kept->forms = forms_new(text, n);
    }
    char *copy = must_copy(path);
    free(kept->path);
    kept->path = copy;
    kept->signature = *found;
}

enum outcome { TAKEN, NOT_THERE, NOT_REGULAR, NOT_USABLE };

static enum outcome read_open(struct kept *kept, int fd, const char *path) {
    struct stat status;
    if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode))
        return NOT_THERE;
    if (!S_ISREG(status.st_mode))
        return NOT_REGULAR;
    struct signature found = signature(&status);
    size_t n, length, most = status.st_size < MOST_READ ? (size_t)status.st_size + 1 : MOST_READ;
    char *room = secret_alloc(most);
    bool whole = read_all(fd, room, most, &n);
    length = whole ? usable(room, n) : 0;
    if (length)
        take(kept, path, &found, room, length);
    secret_free(room, most);
    return !whole ? NOT_THERE : length ? TAKEN : NOT_USABLE;
}

static enum outcome read_file(struct kept *kept, const char *path) {
    /* A FIFO in the place of a secret must not stop the proxy. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NOT_THERE;
    enum outcome outcome = read_open(kept, fd, path);
    close(fd);
    return outcome;
}

static const char *read_newest(struct kept *kept, const struct places *places,
                               struct arena *arena) {
    int64_t started = now();
    enum outcome outcome = NOT_THERE;
    for (size_t i = 0; i < places->n && outcome == NOT_THERE; i++) {
        bool known = kept->secret && places->signature[i].n &&
                     strcmp(places->path[i], kept->path) == 0 &&
                     same(&places->signature[i], &kept->signature);
        outcome = known ? TAKEN : read_file(kept, places->path[i]);
    }
    switch (outcome) {
    case TAKEN:
        kept->looked = started;
        kept->looks = false;
        kept->complained = false;
        return NULL;
    case NOT_REGULAR:
        return arena_printf(arena, "credential %s is not a regular file", kept->name);
    case NOT_USABLE:
        return arena_printf(arena,
                            "credential %s is not one line of 8 or more visible ASCII characters",
                            kept->name);
    case NOT_THERE:
        break;
    }
    return arena_printf(arena, "credential %s cannot be read", kept->name);
}

/* The last good one stays; said once for each state of the files. */
static void complain(const struct vault *vault, struct kept *kept, const struct places *places,
                     const char *problem) {
    bool known = kept->complained;
    for (size_t i = 0; i < MOST_PATHS; i++)
        known = known && same(&kept->states[i], &places->signature[i]);
    if (known)
        return;
    kept->complained = true;
    memcpy(kept->states, places->signature, sizeof kept->states);
    if (vault->complain)
        vault->complain(problem);
}

static bool is_fresh(const struct kept *kept) {
    if (!kept->secret || kept->looks || now() - kept->looked >= LOOK_NS)
        return false;
    struct signature found = signature_of(kept->path);
    return same(&found, &kept->signature);
}

const char *vault_read(struct vault *vault, const struct egress_credential *credential,
                       struct arena *arena, struct bytes *secret, struct forms **forms) {
    struct kept *kept = kept_of(vault, credential);
    if (!is_fresh(kept)) {
        struct places places = places_of(vault, arena, credential);
        const char *problem = read_newest(kept, &places, arena);
        if (problem && !kept->secret)
            return problem;
        if (problem)
            complain(vault, kept, &places, problem);
    }
    *secret = (struct bytes){kept->secret, kept->length};
    *forms = kept->forms;
    return NULL;
}
