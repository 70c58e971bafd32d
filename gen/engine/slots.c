#include "base/buf.h"
#include "base/buf_raw.h"
#include "engine/redact.h"
#include "engine/slots_private.h"

#include <string.h>

/* -- where -- */

/* NULL: it goes elsewhere. */
static const char *header_of(const struct egress_credential *one) {
    switch (one->slot) {
    case SLOT_HEADER:
        return one->slot_name;
    case SLOT_BEARER:
    case SLOT_BASIC:
    case SLOT_AUTHORIZATION:
    case SLOT_AWS:
        return "authorization";
    case SLOT_QUERY:
    case SLOT_PATH:
    case SLOT_JSON:
        break;
    }
    return NULL;
}

static bool same_place(const struct egress_credential *a, const struct egress_credential *b) {
    const char *header = header_of(a), *other = header_of(b);
    if (header && other)
        return strcmp(header, other) == 0;
    return a->slot == b->slot && strcmp(a->slot_name, b->slot_name) == 0;
}

/* CGI reads "x_api_key" as "x-api-key". */
static char dashed(char c) {
    return c == '_' ? '-' : bytes_lower(c);
}

static bool is_header(struct bytes name, const char *slot) {
    for (size_t i = 0; i < name.n; i++)
        if (!slot[i] || dashed(name.s[i]) != dashed(slot[i]))
            return false;
    return slot[name.n] == '\0';
}

static const char *place_of(struct arena *arena, const struct egress_credential *one) {
    BUF_CLEANUP struct buf b = {0};
    if (header_of(one))
        buf_printf(&b, "the %s header of https://", header_of(one));
    else if (one->slot == SLOT_QUERY)
        buf_printf(&b, "the %s query parameter of https://", one->slot_name);
    else if (one->slot == SLOT_JSON)
        buf_printf(&b, "%s in a body of JSON of https://", one->slot_name);
    else
        buf_printf(&b, "a segment of the path of https://");
    for (size_t i = 0; i < one->host_count; i++)
        buf_printf(&b, "%s%s%s", i ? ", " : "", one->hosts[i].suffix ? "*." : "",
                   one->hosts[i].host);
    if (one->path_list)
        buf_printf(&b, " at %s", one->path_list);
    return arena_copy(arena, b.data);
}

/* -- what the agent asks for, and what of it goes -- */

static bool asks(const struct egress_credential *one, const struct fields *fields,
                 struct bytes target) {
    BUF_CLEANUP struct buf found = {0};
    size_t at = 0;
    const struct field *field;
    if (!one->placeholder)
        return false;
    if (one->slot == SLOT_PATH)
        return slots_in_path(target, one->placeholder).s != NULL;
    if (one->slot == SLOT_QUERY)
        return forms_found(&one->placeholder_forms, 1, target.s, target.n);
    while ((field = fields_next(fields, header_of(one), &at))) {
        if (found.len)
            buf_char(&found, '\n');
        buf_add(&found, field->value.s, field->value.n);
    }
    return found.len && forms_found(&one->placeholder_forms, 1, found.data, found.len);
}

/* One that is bound to the host. */
struct bound {
    const struct egress_credential *credential;
    bool goes, asks; /* to this path; its placeholder stands in its slot */
};

static size_t length_of(const struct bound *one) {
    return one->credential->placeholder ? strlen(one->credential->placeholder) : 0;
}

/* Of two whose placeholders stand in one slot the longer one is meant: it may hold the other. */
static bool is_outdone(const struct bound *bound, size_t n, size_t at,
                       bool (*among)(const struct bound *)) {
    for (size_t k = 0; k < n; k++) {
        size_t other = among(&bound[k]) && bound[k].asks ? length_of(&bound[k]) : 0;
        size_t own = bound[at].asks ? length_of(&bound[at]) : 0;
        if (k != at && among(&bound[k]) && same_place(bound[k].credential, bound[at].credential) &&
            (other > own || (other == own && k < at)))
            return true;
    }
    return false;
}

static bool is_asked(const struct bound *one) {
    return one->goes && one->asks;
}

static bool is_unasked(const struct bound *one) {
    return one->goes && !one->credential->ask;
}

/* The ones whose placeholder stands in their slot; without any, all that need not be asked for; one
 * for each slot. */
static size_t choose(const struct bound *bound, size_t n, const struct egress_credential **due) {
    bool (*among)(const struct bound *) = is_unasked;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (is_asked(&bound[i]))
            among = is_asked;
    for (size_t i = 0; i < n; i++)
        if (among(&bound[i]) && !is_outdone(bound, n, i, among))
            due[count++] = bound[i].credential;
    return count;
}

/* One that is asked for on a path that it does not go to. */
static const struct egress_credential *astray(const struct bound *bound, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!bound[i].goes && bound[i].asks && !is_outdone(bound, n, i, is_asked))
            return bound[i].credential;
    return NULL;
}

static void clear_header(struct fields *fields, const char *slot) {
    size_t kept = 0;
    for (size_t i = 0; i < fields->n; i++)
        if (!is_header(fields->v[i].name, slot))
            fields->v[kept++] = fields->v[i];
    fields->n = kept;
}

/* -- placeholders -- */

static void add_parts(struct arena *arena, struct buf *b, const struct fields *fields,
                      struct bytes target, bool unquoted) {
    struct bytes one = unquoted ? bytes_unquoted(arena, target) : target;
    buf_add(b, one.s, one.n);
    for (size_t i = 0; i < 2 * fields->n; i++) {
        const struct field *field = &fields->v[i / 2];
        one = i % 2 ? field->value : field->name;
        if (unquoted)
            one = bytes_unquoted(arena, one);
        buf_char(b, '\n');
        buf_add(b, one.s, one.n);
    }
}

static const char *misplaced(struct arena *arena, const struct egress_credential *one) {
    return arena_printf(arena,
                        "the placeholder of credential %s stands where the credential does not "
                        "belong; it goes to %s only",
                        one->name, place_of(arena, one));
}

/* What stands for the other tokens goes into the body of its token endpoint alone. */
static const char *stray_login(struct arena *arena, const struct egress *egress,
                               struct bytes text) {
    for (size_t i = 0; i < egress->login_count; i++)
        if (forms_found(&egress->logins[i].forms[LOGIN_REFRESH], 1, text.s, text.n) ||
            forms_found(&egress->logins[i].forms[LOGIN_ID], 1, text.s, text.n))
            return arena_printf(arena,
                                "what stands for a token of login %s stands where none belongs; it "
                                "goes to its token endpoint only",
                                egress->logins[i].name);
    return NULL;
}

static const char *stray(struct arena *arena, const struct egress *egress,
                         const struct fields *fields, struct bytes target) {
    BUF_CLEANUP struct buf text = {0};
    add_parts(arena, &text, fields, target, false);
    if (memchr(text.data, '%', text.len)) {
        buf_char(&text, '\n');
        add_parts(arena, &text, fields, target, true);
    }
    for (size_t i = 0; i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->placeholder && forms_found(&one->placeholder_forms, 1, text.data, text.len))
            return misplaced(arena, one);
    }
    return stray_login(arena, egress, (struct bytes){text.data, text.len});
}

/* The target without the placeholder in whose place a secret goes. */
static struct bytes without_due(struct arena *arena, const struct egress_credential *const *due,
                                size_t n, struct bytes target) {
    for (size_t i = 0; i < n; i++)
        if (due[i]->slot == SLOT_PATH)
            return slots_without_path(arena, target, due[i]->placeholder);
    return target;
}

/* Another key's signature in the query would work there, and none of it can be replaced. */
static const char *signature_wrong(struct arena *arena, const struct bound *bound, size_t n,
                                   const struct fields *fields, struct bytes target,
                                   struct slots_due *due) {
    for (size_t i = 0; i < n; i++)
        if (bound[i].credential->slot == SLOT_AWS && aws_is_presigned(arena, target))
            return arena_printf(arena,
                                "credential %s: what is signed in its query (a presigned URL) does "
                                "not pass; let the client sign in Authorization",
                                bound[i].credential->name);
    for (size_t i = 0; i < due->n; i++)
        if (due->v[i]->slot == SLOT_AWS)
            due->aws = due->v[i];
    return due->aws ? aws_read(arena, due->aws, fields, &due->asked) : NULL;
}

static size_t find_bound(struct arena *arena, const struct egress *egress,
                         const struct egress_question *question, const struct fields *fields,
                         struct bytes target, struct bound **bound) {
    size_t n = 0;
    *bound = arena_alloc(arena, (egress->credential_count + 1) * sizeof **bound);
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->slot != SLOT_JSON && egress_bound_to(one, question->host))
            (*bound)[n++] = (struct bound){one, egress_goes_to(one, question->target),
                                           asks(one, fields, target)};
    }
    return n;
}

static void find_json(struct arena *arena, const struct egress *egress,
                      const struct egress_question *question, struct slots_due *due) {
    due->json = arena_alloc(arena, (egress->credential_count + 1) * sizeof *due->json);
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->slot == SLOT_JSON && egress_bound_to(one, question->host) &&
            egress_goes_to(one, question->target))
            due->json[due->json_count++] = one;
    }
}

const char *slots_prepare(struct arena *arena, const struct egress *egress,
                          const struct egress_question *question, struct fields *fields,
                          struct bytes *target, struct slots_due *due) {
    struct bound *bound;
    size_t n = find_bound(arena, egress, question, fields, *target, &bound);
    *due = (struct slots_due){
        .v = arena_alloc(arena, (egress->credential_count + 1) * sizeof *due->v)};
    due->n = choose(bound, n, due->v);
    find_json(arena, egress, question, due);
    const struct egress_credential *elsewhere = astray(bound, n);
    if (elsewhere)
        return misplaced(arena, elsewhere);
    const char *why = signature_wrong(arena, bound, n, fields, *target, due);
    if (why)
        return why;
    for (size_t i = 0; i < n; i++) {
        if (bound[i].credential->slot == SLOT_AWS)
            clear_header(fields, "x-amz-security-token");
        if (bound[i].credential->slot == SLOT_QUERY)
            *target = slots_without_query(arena, *target, bound[i].credential->slot_name);
        else if (header_of(bound[i].credential))
            clear_header(fields, header_of(bound[i].credential));
    }
    struct bytes rest = without_due(arena, due->v, due->n, *target);
    return egress->credential_count ? stray(arena, egress, fields, rest) : NULL;
}
