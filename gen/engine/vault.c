#include "engine/vault.h"
#include "base/die.h"
#include "engine/aws.h"
#include "engine/secret_file.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_NS = 1000000000, /* how long nobody looks for a newer one */
    MOST_PATHS = 3        /* the source, and two folders of copies */
};

/* What a secret has to be besides, where its slot takes it apart; the other slots take any. */
enum shape { SHAPE_ANY, SHAPE_AWS };

static enum shape shape_of(const struct egress_credential *credential) {
    return credential->slot == SLOT_AWS ? SHAPE_AWS : SHAPE_ANY;
}

/* A secret, the file it came from, and when all places were last looked at for a newer one. */
struct kept {
    struct kept *next;
    char *name, *source_name;
    int source;
    enum shape shape;
    struct secret secret; /* {0}: none was good yet */
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
    struct vault_logins logins;
    bool has_logins;
};

struct places {
    size_t n;
    const char *path[MOST_PATHS];
    struct signature signature[MOST_PATHS];
};

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
    secret_wipe(&kept->secret);
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

/* A credential that a new policy takes from elsewhere, or that has to have another shape, is
 * another one. */
static struct kept *kept_of(struct vault *vault, const struct egress_credential *credential) {
    struct kept *kept = vault->kept;
    while (kept &&
           (kept->shape != shape_of(credential) || kept->source != (int)credential->source ||
            strcmp(kept->name, credential->name) != 0 ||
            strcmp(kept->source_name, credential->source_name) != 0))
        kept = kept->next;
    if (kept)
        return kept;
    kept = must_alloc(sizeof *kept);
    kept->name = must_copy(credential->name);
    kept->source_name = must_copy(credential->source_name);
    kept->source = (int)credential->source;
    kept->shape = shape_of(credential);
    kept->next = vault->kept;
    vault->kept = kept;
    return kept;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void swap_later_first(struct places *places, size_t at) {
    const struct signature *first = &places->signature[at], *second = first + 1;
    if (!second->n ||
        (first->n && second->numbers[SIGNATURE_MTIME] <= first->numbers[SIGNATURE_MTIME]))
        return;
    const char *path = places->path[at];
    struct signature signature = *first;
    places->path[at] = places->path[at + 1];
    places->signature[at] = *second;
    places->path[at + 1] = path;
    places->signature[at + 1] = signature;
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
    if (places.n == copies + 2)
        swap_later_first(&places, copies);
    return places;
}

static void take(struct kept *kept, const char *path, struct secret *secret,
                 const struct signature *found) {
    secret_wipe(&kept->secret);
    forms_unref(kept->forms);
    free(kept->path);
    kept->secret = *secret;
    kept->forms = forms_new(secret->s, secret->n);
    kept->path = must_copy(path);
    kept->signature = *found;
}

static enum secret_outcome read_place(struct kept *kept, const struct places *places, size_t i) {
    struct secret secret;
    struct signature found;
    if (kept->secret.s && places->signature[i].n && strcmp(places->path[i], kept->path) == 0 &&
        signatures_equal(&places->signature[i], &kept->signature))
        return SECRET_READ;
    enum secret_outcome outcome = secret_file_read(places->path[i], &secret, &found);
    if (outcome != SECRET_READ)
        return outcome;
    if (kept->shape == SHAPE_AWS && !aws_is_secret((struct bytes){secret.s, secret.n})) {
        secret_wipe(&secret);
        return SECRET_OTHER_SHAPE;
    }
    take(kept, places->path[i], &secret, &found);
    return SECRET_READ;
}

static const char *read_newest(struct kept *kept, const struct places *places,
                               struct arena *arena) {
    int64_t started = now();
    enum secret_outcome outcome = SECRET_NOT_THERE;
    for (size_t i = 0; i < places->n && outcome == SECRET_NOT_THERE; i++)
        outcome = read_place(kept, places, i);
    switch (outcome) {
    case SECRET_READ:
        kept->looked = started;
        kept->looks = false;
        kept->complained = false;
        return NULL;
    case SECRET_NOT_REGULAR:
        return arena_printf(arena, "credential %s is not a regular file", kept->name);
    case SECRET_NOT_USABLE:
        return arena_printf(arena,
                            "credential %s is not one line of 8 or more visible ASCII characters",
                            kept->name);
    case SECRET_OTHER_SHAPE:
        return arena_printf(arena, "credential %s is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN",
                            kept->name);
    case SECRET_NOT_THERE:
        break;
    }
    return arena_printf(arena, "credential %s cannot be read", kept->name);
}

/* The last good one stays; said once for each state of the files. */
static void complain(const struct vault *vault, struct kept *kept, const struct places *places,
                     const char *problem) {
    bool known = kept->complained;
    for (size_t i = 0; i < MOST_PATHS; i++)
        known = known && signatures_equal(&kept->states[i], &places->signature[i]);
    if (known)
        return;
    kept->complained = true;
    memcpy(kept->states, places->signature, sizeof kept->states);
    if (vault->complain)
        vault->complain(problem);
}

static bool is_fresh(const struct kept *kept) {
    if (!kept->secret.s || kept->looks || now() - kept->looked >= LOOK_NS)
        return false;
    struct signature found = signature_of(kept->path);
    return signatures_equal(&found, &kept->signature);
}

void vault_keep_logins(struct vault *vault, const struct vault_logins *logins) {
    vault->logins = *logins;
    vault->has_logins = true;
}

const struct vault_logins *vault_logins(const struct vault *vault) {
    return vault && vault->has_logins ? &vault->logins : NULL;
}

static const char *read_login(const struct vault *vault, const struct egress_credential *credential,
                              struct arena *arena, struct bytes *secret, struct forms **forms) {
    if (!vault->has_logins)
        return arena_printf(arena, "login %s is kept by nobody here", credential->name);
    return vault->logins.access(vault->logins.context, credential->login, arena, secret, forms);
}

const char *vault_read(struct vault *vault, const struct egress_credential *credential,
                       struct arena *arena, struct bytes *secret, struct forms **forms) {
    if (credential->login)
        return read_login(vault, credential, arena, secret, forms);
    struct kept *kept = kept_of(vault, credential);
    if (!is_fresh(kept)) {
        struct places places = places_of(vault, arena, credential);
        const char *problem = read_newest(kept, &places, arena);
        if (problem && !kept->secret.s)
            return problem;
        if (problem)
            complain(vault, kept, &places, problem);
    }
    *secret = (struct bytes){kept->secret.s, kept->secret.n};
    *forms = kept->forms;
    return NULL;
}
