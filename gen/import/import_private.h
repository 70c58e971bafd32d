/* What the formats have in common. */
#ifndef IMPORT_PRIVATE_H
#define IMPORT_PRIVATE_H

#include "import/import.h"

/* Blanks out comments, and commas before a closing bracket: every other byte stays where it is. */
void jsonc_blank(char *text, size_t length);

/* -- notes -- */

void import_note(struct importing *importing, struct aim aim, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct aim import_key_aim(const json_t *object, const char *key);
struct aim import_item_aim(const json_t *object, const char *key, size_t index);

/* -- what is taken -- */

/* Puts the value, which it takes over, into that list, of an object of the spec or (outer NULL) of
 * the spec itself, unless it is there already. False: check refuses it, which is noted. */
bool import_add(struct importing *importing, struct aim aim, const char *outer, const char *list,
                json_t *value);
/* The same of a member of an object of the spec. */
bool import_set(struct importing *importing, struct aim aim, const char *outer, const char *name,
                json_t *value);
/* What stands at outer.key, or NULL. */
json_t *import_taken(const struct importing *importing, const char *outer, const char *key);

/* -- keys -- */

/* A value of the file, at object[key]. */
typedef void take_fn(struct importing *importing, const json_t *object, const char *key,
                     const json_t *value);

struct import_key {
    const char *name;
    take_fn *take;   /* NULL: */
    const char *why; /* it is not taken; both NULL: a session has it in any case */
};

/* Each member of the object by its row; what has none is noted. */
void import_walk(struct importing *importing, const json_t *object, const struct import_key *keys,
                 size_t count);
#define IMPORT_WALK(importing, object, keys)                                                       \
    import_walk((importing), (object), (keys), sizeof(keys) / sizeof *(keys))

/* Whether the value at object[key] is of that type; if not, and it is not null, that is noted. */
bool import_is(struct importing *importing, const json_t *object, const char *key,
               const json_t *value, json_type type);

/* A text in a list of the file. */
typedef void take_text_fn(struct importing *importing, struct aim aim, const char *text);
void import_each(struct importing *importing, const json_t *object, const char *key,
                 const json_t *value, take_text_fn *take);

/* What the firewall beside a dev container lets out. */
void import_firewall(struct importing *importing);

/* -- values that several formats have -- */

/* HOST, *.HOST, an address, localhost, each with :PORT or not: with all methods, or those that
 * read. */
void import_domain(struct importing *importing, struct aim aim, const char *domain, bool read_only);
void import_path(struct importing *importing, struct aim aim, const char *path, bool read_only);
void import_variable(struct importing *importing, struct aim aim, const char *name,
                     const char *value);
take_fn import_domains, import_writable, import_readable, import_sockets;

/* What can be judged when all else is taken. */
enum later_what { LATER_DENIED, LATER_READ, LATER_DENY_READ, LATER_DENY_WRITE };
void import_later(struct importing *importing, enum later_what what, struct aim aim,
                  const char *text);
void import_late(struct importing *importing);
take_fn import_denied, import_hidden, import_kept;

#endif
