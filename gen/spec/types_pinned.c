/* The types of a base in a git repository: where it is, what is followed, which file. What git is
 * given must be nothing that git reads in another way: an option, a helper, a refspec. */
#include "spec/types.h"
#include "spec/types_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool begins(const char **s, const char *with) {
    size_t n = strlen(with);
    bool is = strncmp(*s, with, n) == 0;
    *s += is ? n : 0;
    return is;
}

/* Steps over a host and its port; false where there is none. */
static bool step_host(const char **s) {
    size_t n = strspn(*s, LETTERS DIGITS ".-");
    if (!n || !isalnum((unsigned char)**s) || !isalnum((unsigned char)(*s)[n - 1]))
        return false;
    *s += n;
    if (**s != ':')
        return true;
    n = strspn(++*s, DIGITS);
    long port = n && n < 6 ? strtol(*s, NULL, 10) : 0;
    *s += n;
    return port >= 1 && port <= 65535;
}

static const char *repository_path_wrong(const char *s, bool escapes) {
    if (*s != '/' || !s[1])
        return "a path stands behind its host";
    size_t n = strspn(s, escapes ? LETTERS DIGITS "/._~+@-%" : LETTERS DIGITS "/._~+@-");
    if (s[n] == '?' || s[n] == '#')
        return "without '?' and '#': what is read of it is said by ref, path and rev";
    if (s[n])
        return escapes ? "only letters, digits and . _ ~ + @ - % between the slashes of its path"
                       : "only letters, digits and . _ ~ + @ - between the slashes of its path";
    return path_segments_wrong(s + 1);
}

static const char *parse_git_url(struct arena *arena, const char *s, void *out) {
    const char *p = s, *why = "git+https://HOST/PATH, git+ssh://USER@HOST/PATH or git+file:///PATH";
    bool https = begins(&p, "git+https://"), ssh = !https && begins(&p, "git+ssh://");
    if (!https && !ssh && !begins(&p, "git+file://"))
        return why;
    size_t user = strcspn(p, "@/");
    if (https && p[user] == '@')
        return "without a user or a password: your git's credential helpers know them";
    if (ssh && p[user] == '@') {
        size_t n = strspn(p, LETTERS DIGITS "_.-");
        if (!isalnum((unsigned char)*p) || n != user)
            return "before the '@' stands a user alone, without a password";
        p += user + 1;
    }
    if ((https || ssh) && !step_host(&p))
        return "a host's name, and behind a ':' its port, stand before the path";
    why = repository_path_wrong(p, https || ssh);
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_git_url, "a git repository's URL", parse_git_url,
          "^git\\+(https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?|"
          "ssh://([A-Za-z0-9][A-Za-z0-9_.-]*@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
          "(:[0-9]{1,5})?|file://)(/[A-Za-z0-9._~+@%-]+)+$");

/* git-check-ref-format(1), without what no shell likes. */
static const char *parse_git_ref(struct arena *arena, const char *s, void *out) {
    size_t n = strspn(s, LETTERS DIGITS "/._+@-");
    if (s[n] || !isalnum((unsigned char)*s))
        return "a letter or a digit, then letters, digits and . _ + @ - /";
    const char *why = path_segments_wrong(s);
    if (why)
        return why;
    if (strstr(s, "..") || strstr(s, "/.") || strstr(s, ".lock/") || s[n - 1] == '.' ||
        (n > 5 && strcmp(s + n - 5, ".lock") == 0))
        return "no '..', no '.' at an end of a segment, and no segment that ends in .lock";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_git_ref, "a branch or a tag", parse_git_ref, "^[A-Za-z0-9][A-Za-z0-9/._+@-]*$");

static const char *parse_tree_path(struct arena *arena, const char *s, void *out) {
    if (s[0] == '/')
        return "from the repository's top on, without a '/' before it";
    const char *why = path_segments_wrong(s);
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_tree_path, "a path in the repository", parse_tree_path, "^[^/]");
