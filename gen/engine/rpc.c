#include "engine/rpc.h"
#include "engine/json_text.h"

#include <string.h>

static const char no_json[] = "is JSON, and this one is not";
static const char no_message[] =
    "is a message of JSON-RPC, or a list of them, and this one is neither";

struct reader {
    struct arena *arena;
    struct scan text;
    const char *wrong;
};

/* What stands at one member, and whether more than one could be meant. */
struct member {
    const char *name;
    struct bytes literal;
    size_t meant;
    bool other_letters;
};

static bool fail(struct reader *r, const char *why) {
    r->wrong = r->wrong ? r->wrong : why;
    return false;
}

/* A NUL ends a name where a reader is written in C. */
static struct bytes to_nul(struct bytes name) {
    const char *nul = memchr(name.s, '\0', name.n);
    return (struct bytes){name.s, nul ? (size_t)(nul - name.s) : name.n};
}

static void note(struct member *members, size_t n, struct bytes name, struct bytes literal) {
    for (size_t i = 0; i < n; i++) {
        struct bytes wanted = bytes_of(members[i].name);
        if (bytes_equal(name, wanted))
            members[i].literal = literal;
        else if (scan_alike(to_nul(name), wanted))
            members[i].other_letters = true;
        else
            continue;
        members[i].meant++;
    }
}

/* Of the object that begins here, which is depth deep, what these members are. */
static bool object(struct reader *r, size_t depth, struct member *members, size_t n) {
    struct scan *s = &r->text;
    if (!scan_take(s, '{'))
        return fail(r, no_message);
    scan_space(s);
    if (scan_take(s, '}'))
        return true;
    do {
        scan_space(s);
        const char *start = s->at;
        if (!scan_take(s, '"') || !scan_string(s))
            return fail(r, no_json);
        struct bytes name = scan_said(r->arena, (struct bytes){start, (size_t)(s->at - start)});
        scan_space(s);
        if (!scan_take(s, ':'))
            return fail(r, no_json);
        scan_space(s);
        start = s->at;
        if (!scan_value(s, depth))
            return fail(r, no_json);
        note(members, n, name, (struct bytes){start, (size_t)(s->at - start)});
        scan_space(s);
    } while (scan_take(s, ','));
    return scan_take(s, '}') || fail(r, no_json);
}

static bool is_clear(struct reader *r, const struct member *member) {
    if (member->meant < 2 && !member->other_letters)
        return true;
    return fail(r, arena_printf(r->arena,
                                "says \"%s\" once, and this one more often, or in other letters",
                                member->name));
}

static bool is_string(struct bytes literal) {
    return literal.s && *literal.s == '"';
}

/* Of a call alone: others have members of their own. */
static bool read_params(struct reader *r, struct bytes literal, struct rpc_message *out) {
    struct member name = {.name = "name"};
    struct reader params = {.arena = r->arena};
    if (!literal.s || *literal.s != '{' || !bytes_equal(out->method, BYTES("tools/call")))
        return true;
    params.text = (struct scan){literal.s, literal.s + literal.n};
    object(&params, 0, &name, 1);
    if (!is_clear(r, &name))
        return false;
    if (is_string(name.literal))
        out->name = scan_said(r->arena, name.literal);
    return true;
}

static bool is_id(struct bytes literal) {
    return *literal.s == '"' || *literal.s == '-' || (*literal.s >= '0' && *literal.s <= '9') ||
           bytes_equal(literal, BYTES("null"));
}

static bool message(struct reader *r, size_t depth, struct rpc_message *out) {
    struct member members[] = {{.name = "method"}, {.name = "params"}, {.name = "id"}};
    struct bytes *id = &members[2].literal;
    *out = (struct rpc_message){0};
    if (!object(r, depth, members, 3))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!is_clear(r, &members[i]))
            return false;
    if (members[0].literal.s && !is_string(members[0].literal))
        return fail(r, no_message);
    if (id->s && (!is_id(*id) || id->n > RPC_LONGEST_ID))
        return fail(r, no_message);
    out->id = *id;
    if (members[0].literal.s)
        out->method = scan_said(r->arena, members[0].literal);
    return read_params(r, members[1].literal, out);
}

static bool batch(struct reader *r, struct rpc *out) {
    struct rpc_message *v = arena_alloc(r->arena, RPC_MOST * sizeof *v);
    out->v = v;
    out->batch = true;
    do {
        scan_space(&r->text);
        if (out->n == RPC_MOST)
            return fail(r, "has at most 100 messages, and this one more");
        if (!message(r, 2, &v[out->n++]))
            return false;
        scan_space(&r->text);
    } while (scan_take(&r->text, ','));
    return scan_take(&r->text, ']') || fail(r, no_json);
}

static bool single(struct reader *r, struct rpc *out) {
    struct rpc_message *one = arena_alloc(r->arena, sizeof *one);
    out->v = one;
    out->n = 1;
    return message(r, 1, one);
}

const char *rpc_read(struct arena *arena, struct bytes text, struct rpc *out) {
    struct scan whole = {text.s, text.s + text.n};
    struct reader r = {.arena = arena, .text = whole};
    *out = (struct rpc){0};
    bool good = scan_is_utf8(text) && scan_value(&whole, 0);
    scan_space(&whole);
    if (!good || whole.at != whole.end)
        return no_json;
    scan_space(&r.text);
    if (scan_take(&r.text, '['))
        batch(&r, out);
    else
        single(&r, out);
    return r.wrong;
}
