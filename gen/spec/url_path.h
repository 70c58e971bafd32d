/*
 * Paths of rules, as the proxy reads them (modules/proxy/target.py, which a test compares with
 * this): RFC 3986, section 3.3, with "*" inside a segment and "**" as one.
 */
#ifndef URL_PATH_H
#define URL_PATH_H

#include "base/arena.h"
#include "spec/path_spelling.h"

#include <stddef.h>

/* Why this is no path of a rule, as the end of a sentence; NULL when it is one. */
const char *url_path_wrong(struct arena *arena, const char *pattern);

/*
 * How servers may read a path that is spelled like this pattern: %2F as a slash, "//" as "/", a
 * segment without its ";parameters", and what comes of that in these ways again. The pattern itself
 * comes first; each is spelled in one way. A request passes only where the rule allows all of them.
 */
enum { URL_PATH_READINGS = PATH_READINGS };
size_t url_path_readings(struct arena *arena, const char *pattern,
                         const char *readings[URL_PATH_READINGS]);

#endif
