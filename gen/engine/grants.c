#include "engine/grants.h"
#include "base/die.h"
#include "base/whole_file.h"
#include "engine/egress_private.h"
#include "engine/file_seen.h"
#include "engine/grants_private.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

/* A clock may go a little wrong between the one who writes and the one who reads. */
enum { SLACK = 60 };

/* How often one that has "uses" was used: outlives the file, which is written anew for another. */
struct used {
    char *id;
    int64_t count;
    struct used *next;
};

struct grants {
    size_t count;
    struct {
        const char *path;
        struct file_seen seen;
        struct grants_file *file; /* NULL: nothing is granted */
    } files[GRANTS_FILES];
    struct used *used;
    struct grants_events events;
};

struct grants *grants_new(const char *const *paths, size_t count, struct grants_events events) {
    struct grants *grants = must_alloc(sizeof *grants);
    *grants = (struct grants){.count = count, .events = events};
    for (size_t i = 0; i < count; i++)
        grants->files[i].path = paths[i];
    return grants;
}

static void forget_uses(struct grants *grants, bool all) {
    for (struct used **link = &grants->used, *one; (one = *link);) {
        bool named = false;
        for (size_t i = 0; i < grants->count && !all; i++)
            named = named || grants_file_names(grants->files[i].file, one->id);
        if (named) {
            link = &one->next;
            continue;
        }
        *link = one->next;
        free(one->id);
        free(one);
    }
}

void grants_free(struct grants *grants) {
    if (!grants)
        return;
    for (size_t i = 0; i < grants->count; i++)
        grants_file_free(grants->files[i].file);
    forget_uses(grants, true);
    free(grants);
}

/* False: the old one goes on. */
static bool read_file(struct grants *grants, size_t at) {
    const char *path = grants->files[at].path;
    char *text CHAR_CLEANUP = NULL;
    size_t length;
    struct grants_file *file = NULL;
    struct arena *scratch = arena_new();
    const char *why = NULL;
    if (grants->files[at].seen.there) {
        why = read_whole_file(path, GRANTS_LONGEST, &text, &length);
        if (!why)
            why = grants_parse(text, length, scratch, &file);
    }
    if (why)
        grants->events.complain(path, why);
    arena_free(scratch);
    if (why)
        return false;
    grants_file_free(grants->files[at].file);
    grants->files[at].file = file;
    return true;
}

void grants_refresh(struct grants *grants) {
    bool changed = false;
    for (size_t i = 0; i < grants->count; i++)
        if (file_has_changed(grants->files[i].path, &grants->files[i].seen))
            changed = read_file(grants, i) || changed;
    if (!changed)
        return;
    forget_uses(grants, false);
    grants->events.changed();
}

static struct used *used_of(struct grants *grants, const char *id) {
    struct used *one = grants->used;
    while (one && strcmp(one->id, id) != 0)
        one = one->next;
    if (one)
        return one;
    one = must_alloc(sizeof *one);
    *one = (struct used){.id = must_copy(id), .next = grants->used};
    return grants->used = one;
}

/* One that lies further ahead than any may be given for was given by another clock. */
static bool is_before(int64_t now, int64_t until, int64_t most) {
    return !until || (now < until && until - now <= most + SLACK);
}

static bool counts(struct grants *grants, const struct grant *grant, int64_t most) {
    return is_before(world_now(), grant->until, most) &&
           is_before(world_boot_now(), grant->boot_until, most) &&
           (!grant->uses || used_of(grants, grant->id)->count < grant->uses);
}

struct search {
    const struct grants_file *file;
    const struct grant *allows, *refuses;
};

static void found(size_t rule, void *context) {
    struct search *search = context;
    const struct grant *grant = &search->file->grants[rule];
    if (grant->refuses && !search->refuses)
        search->refuses = grant;
    if (!grant->refuses && !search->allows)
        search->allows = grant;
}

static void search_file(struct grants *grants, const struct grants_file *file,
                        const struct egress *egress, const struct egress_question *question,
                        struct date today, struct arena *arena, struct search *search) {
    size_t *live = arena_alloc(arena, (file->rules.rule_count + 1) * sizeof *live), n = 0;
    for (size_t i = 0; i < file->rules.rule_count; i++)
        if (strcmp(file->rules.rules[i].host.host, question->host) == 0 &&
            counts(grants, &file->grants[i], egress->grants->seconds))
            live[n++] = i;
    search->file = file;
    egress_each(&file->rules, question, today, arena, live, n, found, search);
}

void grants_ask(struct grants *grants, const struct egress *egress,
                const struct egress_question *question, struct date today, struct arena *arena,
                struct granted *out) {
    struct search search = {0};
    *out = (struct granted){0};
    if (!egress->grants || !egress_is_grantable(egress->grants, question->host, question->method) ||
        egress_addresses(egress, question->host, question->port, today, arena).n)
        return;
    grants_refresh(grants);
    for (size_t i = 0; i < grants->count; i++)
        if (grants->files[i].file)
            search_file(grants, grants->files[i].file, egress, question, today, arena, &search);
    const struct grant *one = search.allows ? search.allows : search.refuses;
    if (!one)
        return;
    out->says = search.allows ? GRANTS_ALLOW : GRANTS_REFUSE;
    out->id = arena_copy(arena, one->id);
    out->owner = arena_copy(arena, one->owner);
    if (search.allows && one->uses)
        used_of(grants, one->id)->count++;
}
