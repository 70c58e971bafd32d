/* The types that stay text: they reach an output only through its language's writer. */
#include "base/utf8.h"
#include "spec/file_pattern.h"
#include "spec/flake_url.h"
#include "spec/look_alike.h"
#include "spec/types.h"
#include "spec/types_private.h"
#include "spec/url_path.h"
#include "spec/url_query.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const char *text_keep(struct arena *arena, const char *s, void *out) {
    *(struct text *)out = (struct text){arena_copy(arena, s)};
    return NULL;
}

void text_write(struct json_writer *j, const void *value) {
    jw_text(j, *(const struct text *)value);
}

bool text_is_set(const void *value) {
    return ((const struct text *)value)->s != NULL;
}

/* read.c has refused control characters already, for every type. */
TEXT_TYPE(type_text, "a line of text", text_keep, NULL);

const struct type type_multiline = {.doc = "text",
                                    .kind = JSON_KIND_STRING,
                                    .size = sizeof(struct text),
                                    .parse = text_keep,
                                    .write = text_write,
                                    .is_set = text_is_set,
                                    .words = true};

/* RFC 7468; what is in them is seen where all of a spec is checked. */
const struct type type_certificates = {.doc = "certificates in PEM",
                                       .kind = JSON_KIND_STRING,
                                       .size = sizeof(struct text),
                                       .parse = text_keep,
                                       .write = text_write,
                                       .is_set = text_is_set,
                                       .pattern =
                                           "-----BEGIN [^-]+-----[^\\u0000]*-----END [^-]+-----",
                                       .words = true};

/* sudoers(5) has these for words of its own. Most of all "ALL" must never be somebody's name. */
static const char *const sudo_words[] = {"ALL",        "Cmd_Alias",  "Cmnd_Alias",
                                         "Defaults",   "Host_Alias", "Runas_Alias",
                                         "User_Alias", "sudoedit",   NULL};

/* An account of a person, whoever keeps it: a directory's stand behind their domain. */
static const char *parse_operator(struct arena *arena, const char *s, void *out) {
    bool first = true, domain = false, digits = true;
    for (const char *p = s; *p; p++) {
        bool letter = isalnum((unsigned char)*p) || *p == '_', end = *p == '\\' && !domain;
        if (first ? !letter : !letter && !end && !strchr(".-@+", *p))
            return "a letter, a digit or '_', then letters, digits and . _ - @ +; a '\\' behind a "
                   "domain";
        first = end;
        domain = domain || end;
        digits = digits && isdigit((unsigned char)*p);
    }
    if (first)
        return "a user's name stands behind the domain";
    if (digits)
        return "what is digits alone is read as a user's number";
    for (size_t i = 0; sudo_words[i]; i++)
        if (strcmp(s, sudo_words[i]) == 0)
            return "this is a word of sudo's own";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_operator, "an account's name", parse_operator,
          "^[A-Za-z0-9_][A-Za-z0-9._@+-]*(\\\\[A-Za-z0-9_][A-Za-z0-9._@+-]*)?$");

static bool has_dot_dot(const char *s) {
    for (const char *p = s; *p; p += *p == '/') {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.')
            return true;
        p += n;
    }
    return false;
}

static const char *parse_relative_path(struct arena *arena, const char *s, void *out) {
    if (s[0] == '/' || s[0] == '~')
        return "relative to the folder of the spec, so that the spec means the same everywhere";
    if (has_dot_dot(s))
        return "below the folder of the spec, without '..'";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_relative_path, "a path below the spec's folder", parse_relative_path, "^[^/~]");

static const char *parse_spec_path(struct arena *arena, const char *s, void *out) {
    if (s[0] == '/' || s[0] == '~')
        return "relative to the folder of the spec, so that the spec means the same everywhere";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_spec_path, "a path to another spec", parse_spec_path, "^[^/~]");

/* Of what an output's language quotes with, expands or separates by only what people's folders are
 * called by; and nothing that cannot be seen, or looks like a blank and is none. */
static bool stands_in_folder(const char *p, uint32_t c) {
    if (c >= 0x80)
        return !utf8_doubtful(c);
    if (c == ' ') /* p is behind the first '/' */
        return p[-1] != '/' && p[1] != '/' && p[1] != '\0';
    return isalnum((int)c) || strchr("/._+@-()',&=", (int)c);
}

static const char *parse_workspace_path(struct arena *arena, const char *s, void *out) {
    if (s[0] != '/')
        return "a '/' comes first";
    uint32_t c;
    for (const char *p = s; *p; p += utf8_next(p, &c)) {
        utf8_next(p, &c);
        if (!stands_in_folder(p, c))
            return "only letters of any script, digits and . _ + @ - ( ) ' , & = between slashes, "
                   "and blanks inside a name";
    }
    const char *why = s[1] ? path_segments_wrong(s + 1) : NULL;
    return why ? why : text_keep(arena, s, out);
}
#define FOLDER_CHARACTER "[^\\x00-%*/:-<>?\\[-\\^`{-\\x9f]"
TEXT_TYPE(type_workspace_path, "an absolute path", parse_workspace_path,
          "^(/" FOLDER_CHARACTER "( *" FOLDER_CHARACTER ")*)+$");

static const char *parse_file_pattern(struct arena *arena, const char *s, void *out) {
    const char *why = file_pattern_wrong(s);
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_file_pattern, "a pattern of files", parse_file_pattern,
          "^[^!?\\\\\\[\\]][^?\\\\\\[\\]]*$");

static const char *parse_project_root(struct arena *arena, const char *s, void *out) {
    bool own = strncmp(s, "~/", 2) == 0;
    const char *why = own || s[0] == '/' ? parse_workspace_path(arena, s + own, out)
                                         : "\"/PATH\", or \"~/PATH\" in each operator's home";
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_project_root, "a folder of projects", parse_project_root,
          "^~?(/" FOLDER_CHARACTER "( *" FOLDER_CHARACTER ")*)+$");

static const char *parse_url_path(struct arena *arena, const char *s, void *out) {
    const char *why = url_path_wrong(arena, s);
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_url_path, "a URL path pattern", parse_url_path,
          "^/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$");

static const char *parse_url_query(struct arena *arena, const char *s, void *out) {
    const char *why = url_query_wrong(s);
    return why ? why : text_keep(arena, s, out);
}
TEXT_TYPE(type_url_query, "a parameter of a query", parse_url_query,
          "^([!\"$'(),./0-9:<>?@A-Z\\[\\\\\\]^_`a-z{|}~-]|%[0-9A-Fa-f]{2})+(=([!\"$'()*,./"
          "0-9:<=>?@A-Z\\[\\\\\\]^_`a-z{|}~-]|%[0-9A-Fa-f]{2})*)?$");

/* What can stand in a header, a query and a variable without being changed on its way. */
static const char *parse_placeholder(struct arena *arena, const char *s, void *out) {
    for (const char *p = s; *p; p++)
        if (*p <= ' ' || *p > '~')
            return "visible ASCII characters, without blanks";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_placeholder, "a placeholder", parse_placeholder, "^[!-~]+$");

/* RFC 9110, sections 5.6.2 and 11.1. */
static const char *parse_auth_scheme(struct arena *arena, const char *s, void *out) {
    if (strcasecmp(s, "Bearer") == 0)
        return "say {\"bearer\": true} instead";
    if (strcasecmp(s, "Basic") == 0)
        return "say {\"basic\": \"USER\"} instead";
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p >= 0x80 ||
            (!isalnum((unsigned char)*p) && !strchr("!#$%&'*+-.^_`|~", *p)))
            return "one word of letters, digits and ! # $ % & ' * + - . ^ _ ` | ~";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_auth_scheme, "an authentication scheme", parse_auth_scheme,
          "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$");

/* RFC 6901, section 3; the whole body is no string. */
static const char *parse_json_pointer(struct arena *arena, const char *s, void *out) {
    const char *why =
        "the way to a string in the body, like /auth/key (RFC 6901: ~0 for ~, ~1 for /)";
    if (*s != '/')
        return why;
    for (const char *p = s; *p; p++)
        if (*p == '~' && p[1] != '0' && p[1] != '1')
            return why;
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_json_pointer, "a JSON pointer", parse_json_pointer, "^/([^~]|~[01])*$");

static const char *parse_look_alike(struct arena *arena, const char *s, void *out) {
    if (!look_alike_findable(s))
        return "letters, digits, '.', '_' and '-', or a private key from its \"-----BEGIN \" to "
               "its \"PRIVATE KEY-----\"";
    return text_keep(arena, s, out);
}
const struct type type_look_alike = {.doc = "a text that looks like a secret",
                                     .kind = JSON_KIND_STRING,
                                     .size = sizeof(struct text),
                                     .parse = parse_look_alike,
                                     .write = text_write,
                                     .is_set = text_is_set,
                                     .pattern = LOOK_ALIKE_PATTERN,
                                     .words = true};

/* SRI form of SHA-256: 44 characters of base64, the last of them '='. */
static const char *parse_nar_hash(struct arena *arena, const char *s, void *out) {
    const char *why = "\"sha256-\" and 44 characters of base64";
    if (strncmp(s, "sha256-", 7) != 0 || strlen(s) != 7 + 44 || s[50] != '=')
        return why;
    for (const char *p = s + 7; p < s + 50; p++)
        if (!isalnum((unsigned char)*p) && *p != '+' && *p != '/')
            return why;
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_nar_hash, "a NAR hash", parse_nar_hash, "^sha256-[A-Za-z0-9+/]{43}=$");

static const char *parse_flake_url(struct arena *arena, const char *s, void *out) {
    struct flake_url parsed;
    if (!flake_url_parse(s, &parsed))
        return "\"github:OWNER/REPOSITORY\" or \"github:OWNER/REPOSITORY/BRANCH\"";
    return text_keep(arena, s, out);
}
TEXT_TYPE(type_flake_url, "a flake's URL", parse_flake_url,
          "^github:[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){1,2}$");
