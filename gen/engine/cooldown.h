/*
 * How old packages have to be: which requests are an index's, and which a file's, of npm and of
 * PyPI. modules/proxy/cooldown.py, in C.
 */
#ifndef COOLDOWN_H
#define COOLDOWN_H

#include "engine/egress.h"

/* What a request under a cooldown is for. All texts are in the arena that it was made in. */
struct aged {
    enum { AGED_INDEX, AGED_VERSION, AGED_FILE } place;
    struct package_place index;
    int64_t seconds;     /* how old a package has to be */
    const char *name;    /* of the package; of a file NULL where its path does not say it */
    const char *version; /* AGED_VERSION: or a tag */
    const char *file;    /* AGED_FILE: package_file() */
    bool as_html;        /* the client takes no JSON */
    const char *rule;    /* "the rule for HOST lets packages through that are 7 days old" */
    const char *what;    /* "GET HOST/PATH" */
    const char *owner;   /* or NULL */
};

/* *aged stays NULL where no cooldown counts, or what is asked for holds no package. Why it is
 * refused, or NULL. what: the request, in words. *owner: of the cooldown that counts. */
const char *cooldown_ask(const struct egress *egress, const struct egress_question *question,
                         const struct fields *fields, const char *what, struct arena *arena,
                         struct aged **aged, const char **owner);
/* Of the package's own index, in place of what the client asked; query.s may be NULL. */
struct bytes cooldown_target(struct arena *arena, const struct aged *aged, struct bytes query);
/* That are sent for an index: none by which less than all of it could come. */
void cooldown_fields(struct arena *arena, const struct aged *aged, struct fields *fields);

const char *package_page(struct arena *arena, const struct package_place *index, const char *name);
const char *package_url(struct arena *arena, const struct package_place *index);
/* PEP 503. */
const char *package_normal(struct arena *arena, const char *name);
/* Whether an index's word for the file at that path counts: it has the package's name. */
bool package_bears(struct arena *arena, const struct package_place *index, const char *name,
                   const char *path);
/* "HOST:PORT/PATH" of a URL in that package's index, or NULL. *own: the same at the index's own
 * host, which is where npm asks for it. */
const char *package_file(struct arena *arena, const struct package_place *index, const char *name,
                         const char *url, const char **own);

#endif
