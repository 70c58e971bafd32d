/* npm's packuments. */
#include "engine/packages_private.h"

#include <string.h>

static const char *tarball_of(const json_t *manifest) {
    return json_string_value(json_object_get(json_object_get(manifest, "dist"), "tarball"));
}

static void thin_versions(struct thinning *thinning, json_t *versions, const json_t *times) {
    const char *version;
    json_t *manifest;
    void *next;
    json_object_foreach_safe(versions, next, version, manifest) {
        int64_t when = packages_instant(json_string_value(json_object_get(times, version)));
        packages_note(thinning, tarball_of(manifest), when);
        if (!packages_count(thinning, json_is_object(manifest), when))
            json_object_del(versions, version);
    }
}

static void thin_times(json_t *times, const json_t *versions) {
    const char *version;
    json_t *when;
    void *next;
    json_object_foreach_safe(times, next, version, when) {
        if (strcmp(version, "created") != 0 && strcmp(version, "modified") != 0 &&
            !json_object_get(versions, version))
            json_object_del(times, version);
    }
}

/* -- tags -- */

struct known {
    struct package_version *v;
    size_t n;
};

static struct known known_versions(struct arena *arena, const json_t *versions) {
    struct known known = {arena_alloc(arena, (json_object_size(versions) + 1) * sizeof *known.v),
                          0};
    const char *version;
    json_t *manifest;
    json_object_foreach((json_t *)(uintptr_t)versions, version, manifest) {
        if (package_version_parse(version, &known.v[known.n]))
            known.n++;
    }
    return known;
}

static bool is_better(const struct package_version *one, const struct package_version *best) {
    int order = best ? package_version_compare(one, best) : 1;
    return order > 0 || (order == 0 && strcmp(one->text, best->text) > 0);
}

/* As npm's own `before` has it: the highest one below that is left, and a pre-release only where
 * the tag was at one of the same numbers, or nothing else is left. */
static const char *below(const struct known *known, const char *version) {
    struct package_version was;
    const struct package_version *usual = NULL, *any = NULL;
    if (!package_version_parse(version, &was))
        return NULL;
    for (size_t i = 0; i < known->n; i++) {
        const struct package_version *one = &known->v[i];
        if (package_version_compare(one, &was) > 0)
            continue;
        bool same = memcmp(one->numbers, was.numbers, sizeof was.numbers) == 0;
        if (is_better(one, any))
            any = one;
        if ((!one->prerelease || same) && is_better(one, usual))
            usual = one;
    }
    return usual ? usual->text : any ? any->text : NULL;
}

static void move_tags(struct arena *arena, json_t *tags, const json_t *versions) {
    struct known known = known_versions(arena, versions);
    const char *tag;
    json_t *version;
    void *next;
    json_object_foreach_safe(tags, next, tag, version) {
        const char *was = json_string_value(version);
        if (was && json_object_get(versions, was))
            continue;
        const char *now = was ? below(&known, was) : NULL;
        if (now)
            json_object_set_new(tags, tag, json_string(now));
        else
            json_object_del(tags, tag);
    }
}

const char *packages_thin_npm(struct thinning *thinning, json_t *document) {
    const char *name = json_string_value(json_object_get(document, "name"));
    json_t *versions = json_object_get(document, "versions");
    json_t *times = json_object_get(document, "time"), *tags;
    if (!name || strcmp(name, thinning->aged->name) != 0)
        return "it is that of another package";
    if (!json_is_object(versions) || !json_is_object(times))
        return "it gives no dates";
    thin_versions(thinning, versions, times);
    thin_times(times, versions);
    tags = json_object_get(document, "dist-tags");
    if (json_is_object(tags))
        move_tags(thinning->arena, tags, versions);
    return NULL;
}

json_t *packages_manifest(const json_t *document, const char *version) {
    const json_t *versions = json_object_get(document, "versions");
    json_t *found = json_object_get(versions, version);
    const char *tagged =
        json_string_value(json_object_get(json_object_get(document, "dist-tags"), version));
    return found || !tagged ? found : json_object_get(versions, tagged);
}
