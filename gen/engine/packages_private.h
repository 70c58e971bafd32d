/* Of packages*.c alone. */
#ifndef PACKAGES_PRIVATE_H
#define PACKAGES_PRIVATE_H

#include "engine/packages.h"

struct thinning {
    const struct aged *aged;
    struct arena *arena;
    int64_t limit; /* what was published after it is too young */
    struct published_file *files;
    size_t count, room;
    size_t left, left_out;
    int64_t opens; /* the earliest time of what is left out, or PUBLISHED_UNKNOWN */
};

/* RFC 3339, section 5.6; PUBLISHED_UNKNOWN: it is no such time. text may be NULL. */
int64_t packages_instant(const char *text);
/* url may be NULL. */
void packages_note(struct thinning *thinning, const char *url, int64_t when);
/* Counts it; whether it is left. */
bool packages_count(struct thinning *thinning, bool whole, int64_t when);

/* In place. Why it is not usable, or NULL. */
const char *packages_thin_npm(struct thinning *thinning, json_t *document);
const char *packages_thin_pypi(struct thinning *thinning, json_t *document);
/* Of a thinned packument: of that version, or the one that a tag is at; or NULL. */
json_t *packages_manifest(const json_t *document, const char *version);
/* PEP 503, with what PEP 592 adds. */
void packages_html(const json_t *document, struct buf *out);

/* semver.org, section 11. */
struct package_version {
    const char *text, *prerelease; /* or NULL */
    size_t prerelease_length;
    uint64_t numbers[3];
};
bool package_version_parse(const char *text, struct package_version *version);
int package_version_compare(const struct package_version *a, const struct package_version *b);

#endif
