/*
 * The value types of a spec: how a JSON string becomes binary, and how it is printed back.
 * A parse function fills *out (of the type's size) and returns NULL, or returns why it can't, as
 * the end of the sentence "NAME must be DOC: WHY". Strings it keeps are copied into the arena.
 */
#ifndef TYPES_H
#define TYPES_H

#include "base/arena.h"
#include "write/write_json.h"

enum json_kind { JSON_KIND_STRING, JSON_KIND_INTEGER, JSON_KIND_BOOLEAN };

struct type {
    const char *doc; /* with its article, for messages: "a host pattern" */
    enum json_kind kind;
    size_t size;
    const char *(*parse)(struct arena *arena, const char *s, void *out); /* of strings */
    void (*write)(struct json_writer *j, const void *value);
    bool (*is_set)(const void *value);
    const char *pattern;       /* the JSON Schema's regular expression (ECMA-262), or NULL */
    const char *const *values; /* the words of an enum, NULL at the end; index = C value */
    bool words;                /* a struct text in which \n and \t may stand */
};

extern const struct type type_bool, type_int, type_text, type_multiline, type_certificates;
extern const struct type type_sandbox_name, type_user_name, type_operator, type_host_name,
    type_word;
extern const struct type type_nix_attribute, type_brew_name, type_variable_name, type_header;
extern const struct type type_path, type_workspace_path, type_dotfile_path, type_relative_path,
    type_spec_path, type_file_pattern;
extern const struct type type_host_pattern, type_method, type_url_path, type_url_query, type_cidr,
    type_date;
extern const struct type type_auth_scheme, type_json_pointer, type_basic_user, type_placeholder,
    type_look_alike;
extern const struct type type_size, type_duration, type_relax, type_source;
extern const struct type type_rev, type_nar_hash, type_flake_url, type_lock;
/* Of a base in a git repository. */
extern const struct type type_git_url, type_git_ref, type_tree_path;
extern const struct type type_project_root, type_project_home;
extern const struct type type_shell, type_system, type_host_kind, type_unenforced, type_access;
extern const struct type type_enforcement, type_engine, type_clipboard, type_notify, type_scheme,
    type_protocol, type_input;
extern const struct type type_request, type_place, type_expectation, type_finding, type_managed;
extern const struct type type_required, type_required_bases, type_lifetime, type_signed_change;
extern const struct type type_login, type_login_name, type_login_body, type_https_url,
    type_redirect;
struct https_url;
void https_url_words(struct buf *b, const struct https_url *url);
extern const struct type type_public_key, type_key_path, type_proxy_place;

/* Of GitHub: "owner/repo", and what may be done with it. */
enum { REPOSITORY_LONGEST = 140 };
extern const struct type type_repository, type_repository_access;

extern const struct type type_rate, type_byte_rate;
struct ceilings;
bool ceilings_set(const struct ceilings *ceilings); /* any */
/* "60 requests a minute, 1GiB a day" */
void ceilings_words(struct buf *b, const struct ceilings *ceilings);

/* How old a package has to be, in seconds, and where that stands. */
extern const struct type type_cooldown, type_package_index;
struct package_index;
void cooldown_words(struct buf *b, int64_t seconds); /* "7 days" */
void package_index_url(struct buf *b, const struct package_index *index);

/* Where an MCP server is, and a pattern of its tools' names. */
extern const struct type type_mcp_url, type_tool;
struct mcp_url;
void mcp_url_write(struct buf *b, const struct mcp_url *url);
/* "/" where the URL has none. */
struct path mcp_url_path(const struct mcp_url *url);

/* What a flake's input may be called; NULL at the end. */
extern const char *const input_names[];

/* What is wrong with the segments of a path, which stand between slashes; NULL: nothing. */
const char *path_segments_wrong(const char *s);

/* Whether the pattern a lets through every host that b does. */
bool host_covers(struct host_pattern a, struct host_pattern b);

#endif
