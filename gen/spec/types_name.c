/* The types that end as inert names and paths. */
#include "base/words.h"
#include "spec/types.h"
#include "spec/vocabulary.h"

#include <ctype.h>
#include <string.h>

static bool all_of(const char *s, const char *allowed) {
    return s[strspn(s, allowed)] == '\0';
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static void write_name(struct json_writer *j, const void *value) {
    jw_name(j, *(const struct name *)value);
}

static bool name_is_set(const void *value) {
    return ((const struct name *)value)->s != NULL;
}

static const char *keep(struct arena *arena, const char *s, void *out) {
    *(struct name *)out = (struct name){arena_copy(arena, s)};
    return NULL;
}

#define NAME_TYPE(id, doc_text, parser, regex)                                                     \
    const struct type id = {.doc = doc_text,                                                       \
                            .kind = JSON_KIND_STRING,                                              \
                            .size = sizeof(struct name),                                           \
                            .parse = parser,                                                       \
                            .write = write_name,                                                   \
                            .is_set = name_is_set,                                                 \
                            .pattern = regex}

static const char *parse_sandbox_name(struct arena *arena, const char *s, void *out) {
    if (!islower((unsigned char)s[0]) || !all_of(s, LOWER DIGIT "-"))
        return "a lower-case letter, then lower-case letters, digits and '-'";
    return keep(arena, s, out);
}
NAME_TYPE(type_sandbox_name, "a sandbox's name", parse_sandbox_name, "^[a-z][a-z0-9-]*$");

/* sysusers.d(5): this set, and at most 31 characters, which the schema's rows say. */
static const char *parse_user_name(struct arena *arena, const char *s, void *out) {
    if ((!islower((unsigned char)s[0]) && s[0] != '_') || !all_of(s, LOWER DIGIT "_-"))
        return "a lower-case letter or '_', then lower-case letters, digits, '_' and '-'";
    return keep(arena, s, out);
}
NAME_TYPE(type_user_name, "a user's name", parse_user_name, "^[a-z_][a-z0-9_-]*$");

/* One label of RFC 1123, section 2.1: what a machine calls itself. */
static const char *parse_host_name(struct arena *arena, const char *s, void *out) {
    size_t n = strlen(s);
    if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-' || !all_of(s, LOWER UPPER DIGIT "-"))
        return "letters, digits and, inside, '-'";
    return keep(arena, s, out);
}
NAME_TYPE(type_host_name, "a machine's name", parse_host_name,
          "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$");

static const char *parse_word(struct arena *arena, const char *s, void *out) {
    if (!isalnum((unsigned char)s[0]) || !all_of(s, LOWER UPPER DIGIT "._-"))
        return "a letter or digit, then letters, digits, '.', '_' and '-'";
    return keep(arena, s, out);
}
NAME_TYPE(type_word, "a plain word", parse_word, "^[A-Za-z0-9][A-Za-z0-9._-]*$");

/* One or more attribute names of Nix, joined by dots. */
static const char *parse_nix_attribute(struct arena *arena, const char *s, void *out) {
    const char *why = "an attribute path of nixpkgs: letters, digits, '_', '-', joined by '.'";
    bool start = true;
    for (const char *p = s; *p; p++) {
        bool letter = isalpha((unsigned char)*p) || *p == '_';
        if (start ? !letter : !isalnum((unsigned char)*p) && !strchr("_-.", *p))
            return why;
        start = *p == '.';
    }
    return start ? why : keep(arena, s, out);
}
NAME_TYPE(type_nix_attribute, "a package of nixpkgs", parse_nix_attribute,
          "^[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z_][A-Za-z0-9_-]*)*$");

static const char *parse_brew_name(struct arena *arena, const char *s, void *out) {
    if (!isalnum((unsigned char)s[0]) || !all_of(s, LOWER DIGIT "._+@/-") || strstr(s, ".."))
        return "lower-case letters, digits, '.', '_', '+', '@', '-', and '/' behind a tap";
    return keep(arena, s, out);
}
NAME_TYPE(type_brew_name, "a package of Homebrew", parse_brew_name, "^[a-z0-9][a-z0-9._+@/-]*$");

/* POSIX.1-2017, Base Definitions, 8.1, and lower case, which some tools read. */
static const char *parse_variable_name(struct arena *arena, const char *s, void *out) {
    if ((!isalpha((unsigned char)s[0]) && s[0] != '_') || !all_of(s, LOWER UPPER DIGIT "_"))
        return "a letter or '_', then letters, digits and '_'";
    return keep(arena, s, out);
}
NAME_TYPE(type_variable_name, "an environment variable's name", parse_variable_name,
          "^[A-Za-z_][A-Za-z0-9_]*$");

/* Narrower than a token of RFC 9110, section 5.6.2: what real header names use. */
static const char *parse_header(struct arena *arena, const char *s, void *out) {
    if (!isalpha((unsigned char)s[0]) || !all_of(s, LOWER UPPER DIGIT "_-"))
        return "a letter, then letters, digits, '_' and '-'";
    if (header_is_taken(s))
        return "this header is the connection's or the proxy's, not a credential's";
    return keep(arena, s, out);
}
NAME_TYPE(type_header, "a header's name", parse_header, "^[A-Za-z][A-Za-z0-9_-]*$");

/* RFC 7617: what stands before the colon; a mail address, for some services. */
static const char *parse_basic_user(struct arena *arena, const char *s, void *out) {
    if (!isalnum((unsigned char)s[0]) || !all_of(s, LOWER UPPER DIGIT "._@+-"))
        return "a letter or digit, then letters, digits and . _ @ + -";
    return keep(arena, s, out);
}
NAME_TYPE(type_basic_user, "a user's name at a server", parse_basic_user,
          "^[A-Za-z0-9][A-Za-z0-9._@+-]*$");

static const char *parse_method(struct arena *arena, const char *s, void *out) {
    if (!isupper((unsigned char)s[0]) || !all_of(s, UPPER "-") || s[strlen(s) - 1] == '-')
        return "upper-case letters";
    if (method_is_refused(s))
        return "CONNECT and TRACE are not offered: they hide a request from the proxy";
    return keep(arena, s, out);
}
NAME_TYPE(type_method, "an HTTP method", parse_method, "^[A-Z]([A-Z-]*[A-Z])?$");

static const char *parse_rev(struct arena *arena, const char *s, void *out) {
    if (strlen(s) != 40 || !all_of(s, DIGIT "abcdef"))
        return "the 40 lower-case hex digits of a commit";
    return keep(arena, s, out);
}
NAME_TYPE(type_rev, "a commit's id", parse_rev, "^[0-9a-f]{40}$");

const char *path_segments_wrong(const char *s) {
    for (const char *p = s; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 0)
            return "no empty segment ('//' or a final '/')";
        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return "no '.' or '..' segment";
        p += n;
        if (*p == '/' && *++p == '\0')
            return "no final '/'";
    }
    return NULL;
}

static const char *parse_path(struct arena *arena, const char *s, void *out) {
    if (s[0] != '/')
        return "a '/' comes first";
    if (!all_of(s, LOWER UPPER DIGIT "/._+@-"))
        return "only letters, digits and . _ + @ - between slashes, so that every tool that sees "
               "it reads the same path";
    const char *why = s[1] ? path_segments_wrong(s + 1) : NULL;
    if (why)
        return why;
    *(struct path *)out = (struct path){arena_copy(arena, s)};
    return NULL;
}

static void write_path(struct json_writer *j, const void *value) {
    jw_path(j, *(const struct path *)value);
}

static bool path_is_set(const void *value) {
    return ((const struct path *)value)->s != NULL;
}

const struct type type_path = {.doc = "an absolute path",
                               .kind = JSON_KIND_STRING,
                               .size = sizeof(struct path),
                               .parse = parse_path,
                               .write = write_path,
                               .is_set = path_is_set,
                               .pattern = "^(/[A-Za-z0-9._+@-]+)+$"};

/* git refuses .git in every spelling that some file system folds to it (git's verify_path). */
static bool has_git_segment(const char *s) {
    for (const char *p = s; *p; p += *p == '/') {
        size_t n = strcspn(p, "/");
        if (n >= 4 && words_starts_ignoring_case(p, ".git") && (n == 4 || p[4] == '.'))
            return true;
        if (n >= 5 && words_starts_ignoring_case(p, "git~"))
            return true;
        p += n;
    }
    return false;
}

static const char *parse_dotfile_path(struct arena *arena, const char *s, void *out) {
    if (s[0] == '/')
        return "relative to the agent's home, without the first '/'";
    if (s[0] == '~')
        return "relative to the agent's home, without '~/'";
    if (!all_of(s, LOWER UPPER DIGIT "/._+-"))
        return "only letters, digits and . _ + - between slashes (a Nix store takes no others)";
    const char *why = path_segments_wrong(s);
    if (!why && has_git_segment(s))
        why = "no '.git' segment: git would refuse the tree";
    return why ? why : keep(arena, s, out);
}
NAME_TYPE(type_dotfile_path, "a path below the agent's home", parse_dotfile_path,
          "^[A-Za-z0-9._+-]+(/[A-Za-z0-9._+-]+)*$");

/* least: so many labels. Names of RFC 1123, and '_', which real services have; at least two labels
 * unless it is a suffix pattern. check_domains.c judges whose they are. */
static const char *bad_host(const char *s, size_t least) {
    if (strlen(s) > 253)
        return "at most 253 characters";
    if (!all_of(s, LOWER DIGIT "._-"))
        return "lower-case letters, digits, '-', '_' and '.' (a name in another script in its xn-- "
               "form), with '*.' in front for every name below it";
    if (s[0] && s[strlen(s) - 1] == '.')
        return "no '.' at its end";
    size_t labels = 0;
    const char *last = s;
    for (const char *p = s;;) {
        size_t n = strcspn(p, ".");
        if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
            return "every label has 1 to 63 characters and no '-' at its ends";
        labels++, last = p;
        if (!p[n])
            break;
        p += n + 1;
    }
    /* WHATWG URL, "ends in a number" */
    bool hex = last[0] == '0' && last[1] == 'x' && all_of(last + 2, DIGIT "abcdef");
    if (all_of(last, DIGIT) || hex)
        return "a name, never an address: the proxy decides by names and resolves them itself";
    if (labels < least)
        return "a full name of two labels or more (for a server of this machine, see "
               "'local_ports')";
    return NULL;
}

static const char *parse_host_pattern(struct arena *arena, const char *s, void *out) {
    struct host_pattern host = {.suffix = false};
    if (strcmp(s, "*") == 0)
        return "'*' would allow every host; name the hosts";
    if (strchr(s, '/'))
        return "a name alone, without scheme and path (see 'scheme' and 'paths')";
    if (strchr(s, ':') || s[0] == '[')
        return "a name, never an address, and without a port (see 'ports')";
    if (s[0] == '*' && s[1] == '.') {
        host.suffix = true;
        s += 2;
    }
    if (strchr(s, '*'))
        return "'*' stands only in front, as the whole first label: *.example.org";
    bool is_private = host.suffix && special_use_is_open(s);
    if (host.suffix && !is_private && !strchr(s, '.'))
        return "this suffix is shared by everyone who registers below it: anyone could receive "
               "what the agent sends; name the host";
    if (host.suffix && strlen(s) > 251)
        return "at most 253 characters, with a label for the '*'";
    const char *why = bad_host(s, is_private ? 1 : 2);
    if (why)
        return why;
    host.name.s = arena_copy(arena, s);
    *(struct host_pattern *)out = host;
    return NULL;
}

static void write_host_pattern(struct json_writer *j, const void *value) {
    BUF_CLEANUP struct buf b = {0};
    buf_host(&b, *(const struct host_pattern *)value);
    jw_inert(j, &b);
}

static bool host_is_set(const void *value) {
    return ((const struct host_pattern *)value)->name.s != NULL;
}

const struct type type_host_pattern = {.doc = "a host pattern",
                                       .kind = JSON_KIND_STRING,
                                       .size = sizeof(struct host_pattern),
                                       .parse = parse_host_pattern,
                                       .write = write_host_pattern,
                                       .is_set = host_is_set,
                                       .pattern = "^(\\*\\.[a-z0-9_-]+|[a-z0-9_-]+\\.[a-z0-9_-]+)"
                                                  "(\\.[a-z0-9_-]+)*$"};

bool host_covers(struct host_pattern a, struct host_pattern b) {
    if (!a.suffix)
        return !b.suffix && strcmp(a.name.s, b.name.s) == 0;
    if (b.suffix && strcmp(a.name.s, b.name.s) == 0)
        return true;
    size_t na = strlen(a.name.s), nb = strlen(b.name.s);
    return nb > na && b.name.s[nb - na - 1] == '.' && strcmp(b.name.s + nb - na, a.name.s) == 0;
}
