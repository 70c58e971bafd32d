/* What is said to an MCP server: modules/proxy/mcp.py, in C. */
#include "base/buf_raw.h"
#include "base/calendar.h"
#include "engine/admit_line.h"
#include "engine/admit_private.h"
#include "engine/json_body.h"
#include "engine/rpc.h"
#include "spec/tool_pattern.h"
#include "spec/vocabulary.h"

#include <stdlib.h>
#include <string.h>

/* As JSON-RPC has them, and MCP for a tool that is not there. */
enum { NO_METHOD = -32601, WRONG_PARAMS = -32602, SHOWN = 100 };

#define SAID "what is said to an MCP server "

struct said {
    const struct egress *egress;
    const struct egress_question *question;
    const struct fields *fields;
    struct date today;
    struct arena *arena;
    struct admitted *out;
    const char *words, *why;
    int code;
};

/* A stranger's text, in a sentence. */
static const char *shown(struct arena *arena, struct bytes b) {
    size_t n = b.n < SHOWN ? b.n : SHOWN;
    char *text = arena_copy_n(arena, b.s, n);
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            text[i] = '?';
    return b.n > SHOWN ? arena_printf(arena, "%s...", text) : text;
}

static void refuse(struct said *said, int code, const char *why) {
    said->code = code;
    said->why = why;
}

static void refuse_tool(struct said *said, const char *tool, const struct egress_tool *found) {
    const char *end =
        found->expired.year
            ? arena_printf(said->arena, "; the one that did expired on %04u-%02u-%02u",
                           found->expired.year, found->expired.month, found->expired.day)
            : "";
    said->out->missing = json_pack("{s:s, s:[s]}", "url", found->url, "tools", tool);
    line_set(said->out->line, "owner", found->owner ? line_text(found->owner) : NULL);
    refuse(said, WRONG_PARAMS,
           arena_printf(said->arena, "no rule lets %s call the tool %s%s", said->words,
                        shown(said->arena, bytes_of(tool)), end));
}

static void judge_call(struct said *said, struct bytes name) {
    struct egress_tool found;
    if (!name.s) {
        refuse(said, WRONG_PARAMS,
               arena_printf(said->arena, "%s calls a tool without its name", said->words));
        return;
    }
    if (!tool_name_is_good(name.s, name.n)) {
        refuse(said, WRONG_PARAMS,
               arena_printf(said->arena,
                            "%s calls the tool %s, whose name is not 1 to 128 visible letters of "
                            "ASCII",
                            said->words, shown(said->arena, name)));
        return;
    }
    const char *tool = bytes_copy(said->arena, name).s;
    egress_ask_tool(said->egress, said->question, tool, said->today, said->arena, &found);
    if (!found.allowed)
        refuse_tool(said, tool, &found);
}

static void judge_message(struct said *said, const struct rpc_message *message) {
    if (!message->method.s)
        return; /* it answers the server's own question */
    if (!mcp_method_is_known(message->method.s, message->method.n))
        refuse(said, NO_METHOD,
               arena_printf(said->arena, "%s asks for %s, which is no method of MCP", said->words,
                            shown(said->arena, message->method)));
    else if (bytes_equal(message->method, BYTES("tools/call")))
        judge_call(said, message->name);
}

/* What goes by a header (MCP 2026-07-28, SEP-2243) is what the body says. */
static const char *header_wrong(const struct said *said, const char *name, struct bytes body) {
    size_t at = 0;
    for (const struct field *field; (field = fields_next(said->fields, name, &at));)
        if (!body.s || !bytes_equal(bytes_trim(field->value), body))
            return arena_printf(said->arena, "the header %s says another thing than the body",
                                name);
    return NULL;
}

static const char *headers_wrong(const struct said *said, const struct rpc *rpc) {
    const char *why = NULL;
    for (size_t i = 0; i < rpc->n && !why; i++) {
        const struct rpc_message *one = &rpc->v[i];
        why = header_wrong(said, "mcp-method", one->method);
        if (!why && bytes_equal(one->method, BYTES("tools/call")))
            why = header_wrong(said, "mcp-name", one->name);
    }
    return why;
}

/* The names that are called, for the log. */
static json_t *called(const struct rpc *rpc, struct arena *arena) {
    json_t *names = json_array();
    for (size_t i = 0; i < rpc->n; i++)
        if (rpc->v[i].name.s)
            json_array_append_new(names, json_string(shown(arena, rpc->v[i].name)));
    json_t *line = json_array_size(names) ? line_copy(names) : NULL;
    json_decref(names);
    return line;
}

/* For each that asks for an answer; NULL: none does. */
static const char *answer(const struct said *said, const struct rpc *rpc) {
    const char *message = arena_printf(said->arena, "agent-sandbox: %s", said->why);
    json_t *error = json_pack("{s:i, s:s}", "code", said->code, "message", message);
    if (said->out->missing)
        json_object_set_new(error, "data", json_pack("{s:O}", "missing", said->out->missing));
    char *text = json_dumps(error, JSON_ENSURE_ASCII);
    json_decref(error);
    BUF_CLEANUP struct buf b = {0};
    for (size_t i = 0; i < rpc->n; i++) {
        if (!rpc->v[i].id.s)
            continue;
        buf_str(&b, b.len ? ", " : rpc->batch ? "[" : "");
        buf_str(&b, "{\"jsonrpc\": \"2.0\", \"id\": ");
        buf_add(&b, rpc->v[i].id.s, rpc->v[i].id.n);
        buf_str(&b, ", \"error\": ");
        buf_str(&b, text);
        buf_char(&b, '}');
    }
    free(text);
    if (b.len && rpc->batch)
        buf_char(&b, ']');
    if (b.len)
        buf_char(&b, '\n');
    return b.len ? arena_copy_n(said->arena, b.data, b.len) : NULL;
}

static const char *judge(struct said *said, struct bytes body) {
    struct rpc rpc;
    const char *why = rpc_read(said->arena, body, &rpc);
    if (why)
        return arena_printf(said->arena, SAID "%s", why);
    line_set(said->out->line, "tools", called(&rpc, said->arena));
    why = headers_wrong(said, &rpc);
    if (why)
        return why;
    for (size_t i = 0; i < rpc.n && !said->why; i++)
        judge_message(said, &rpc.v[i]);
    if (said->why)
        said->out->rpc = answer(said, &rpc);
    return said->why;
}

struct mcp admit_speaks_mcp(const struct egress *egress, const struct asked *asked,
                            const struct admitted *out) {
    const struct egress_question *question = &asked->question;
    struct bytes body = asked->request->body;
    bool says = out->has_body || question->websocket || strcmp(question->method, "POST") == 0;
    if (!says || !egress_speaks_mcp(egress, question, asked->arena))
        return (struct mcp){false, NULL};
    const char *why = question->websocket
                          ? "is read, and this one is a WebSocket"
                          : json_body_wrong(&asked->request->fields, body.s ? body.n : out->length);
    return (struct mcp){true, why ? arena_printf(asked->arena, SAID "%s", why) : NULL};
}

bool admit_mcp(const struct egress *egress, const struct asked *asked, struct date today,
               bool waits, struct mcp *mcp, struct admitted *out) {
    struct bytes body = asked->request->body;
    struct said said = {.egress = egress,
                        .question = &asked->question,
                        .fields = &asked->request->fields,
                        .today = today,
                        .arena = asked->arena,
                        .out = out,
                        .words = egress_words(&asked->question, asked->arena)};
    if (!mcp->why && !waits)
        mcp->why = judge(&said, body.s ? body : BYTES(""));
    if (!mcp->why || (egress->audit && body.n <= JSON_LONGEST_BODY)) {
        out->rpc = NULL;
        return true;
    }
    admit_refuse(out, out->rpc ? 200 : 403, mcp->why);
    return false;
}
