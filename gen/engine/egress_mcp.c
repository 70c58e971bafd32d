/* MCP servers, and which of their tools may be called: modules/proxy/policy.py's Server, in C. */
#include "base/calendar.h"
#include "engine/egress_private.h"
#include "spec/tool_pattern.h"

#include <string.h>

static const char *read_tool(struct egress_reading *r, const json_t *item, const char *where) {
    const char *tool = egress_text(r, item, where), *why = tool_pattern_wrong(tool);
    if (why)
        egress_wrong(r, where, "%s", why);
    return tool;
}

void egress_read_mcp(struct egress_reading *r, const json_t *item, size_t number,
                     struct egress_rule *server) {
    const char *where = egress_item(r, "mcp", number);
    if (!egress_object(r, item, where, "host suffix scheme port path tools|owner expires"))
        return;
    server->host = egress_read_host(r, item, where);
    if (server->host.suffix)
        egress_wrong(r, egress_inside(r, where, "suffix"), "it is one host");
    server->scheme = (enum egress_scheme)egress_one_of(
        r, json_object_get(item, "scheme"), "https, http", egress_inside(r, where, "scheme"));
    bool tls = server->scheme == EGRESS_HTTPS;
    int *ports = arena_alloc(r->arena, 2 * sizeof *ports);
    ports[0] = egress_port(r, json_object_get(item, "port"), egress_inside(r, where, "port"));
    server->ports = ports;
    const char *at = egress_inside(r, where, "path");
    const char *path = egress_text(r, json_object_get(item, "path"), at);
    const char **paths = arena_alloc(r->arena, 2 * sizeof *paths);
    if (strchr(path, '*'))
        egress_wrong(r, at, "one path, without *");
    paths[0] = egress_lower(r->arena, egress_read_path(r, json_object_get(item, "path"), at));
    server->paths = paths;
    server->url = arena_printf(
        r->arena, "%s://%s%s%s", tls ? "https" : "http", server->host.host,
        ports[0] == egress_usual_port(tls) ? "" : arena_printf(r->scratch, ":%d", ports[0]), path);
    server->tools = egress_read_texts(r, item, "tools", where, read_tool);
    server->owner = egress_optional(r, item, "owner", where);
    server->expires = egress_read_expires(r, item, where);
    server->next = NO_RULE;
}

/* The next one, from i on, of those of the question's host, that is at its place. */
static size_t at_place(const struct egress *egress, const struct egress_question *question,
                       size_t i, struct arena *arena) {
    for (; i != NO_RULE; i = egress->mcp[i].next) {
        const struct egress_rule *server = &egress->mcp[i];
        if (server->scheme == egress_scheme_of(question) &&
            egress_has_port(server, question->port) && egress_is_at(server->paths, question, arena))
            return i;
    }
    return NO_RULE;
}

static size_t first_of(const struct egress *egress, const struct egress_question *question,
                       struct arena *arena) {
    if (!egress->mcp_count)
        return NO_RULE;
    const struct egress_slot *slot = egress_find(&egress->index->mcp, question->host);
    return slot->host ? at_place(egress, question, slot->first, arena) : NO_RULE;
}

bool egress_speaks_mcp(const struct egress *egress, const struct egress_question *question,
                       struct arena *arena) {
    return first_of(egress, question, arena) != NO_RULE;
}

static bool holds(const struct egress_rule *server, struct date today) {
    return !server->expires.year || calendar_compare(today, server->expires) <= 0;
}

static bool names(const struct egress_rule *server, const char *tool) {
    const char *const *pattern = server->tools;
    while (*pattern && !tool_pattern_covers(*pattern, tool))
        pattern++;
    return *pattern != NULL;
}

void egress_ask_tool(const struct egress *egress, const struct egress_question *question,
                     const char *tool, struct date today, struct arena *arena,
                     struct egress_tool *out) {
    *out = (struct egress_tool){0};
    for (size_t i = first_of(egress, question, arena); i != NO_RULE && !out->allowed;
         i = at_place(egress, question, egress->mcp[i].next, arena)) {
        const struct egress_rule *server = &egress->mcp[i];
        bool named = names(server, tool);
        if (named && !holds(server, today))
            out->expired = server->expires;
        out->allowed = named && holds(server, today);
        if (!out->url || out->allowed) {
            out->url = server->url;
            out->owner = server->owner;
        }
    }
}

const char **egress_tools(const struct egress *egress, const struct egress_question *question,
                          struct date today, struct arena *arena) {
    size_t n = 0, most = 1;
    for (size_t i = 0; i < egress->mcp_count; i++)
        for (const char *const *tool = egress->mcp[i].tools; *tool; tool++)
            most++;
    const char **tools = arena_alloc(arena, most * sizeof *tools);
    for (size_t i = first_of(egress, question, arena); i != NO_RULE;
         i = at_place(egress, question, egress->mcp[i].next, arena))
        for (const char *const *tool = egress->mcp[i].tools; *tool; tool++)
            if (holds(&egress->mcp[i], today))
                tools[n++] = *tool;
    return tools;
}
