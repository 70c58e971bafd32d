/* any-tool, and of MCP servers shadowed, expires-soon and never-used. */
#include "base/calendar.h"
#include "lint/lint_private.h"
#include "spec/tool_pattern.h"

#include <string.h>

static const char *name_of(const struct linting *lint, const struct mcp_server *server) {
    BUF_CLEANUP struct buf b = {0};
    mcp_url_write(&b, &server->url);
    return arena_copy(lint->arena, b.data);
}

static bool lasts_as_long(const struct mcp_server *a, const struct mcp_server *b) {
    return !a->expires.year || (b->expires.year && calendar_compare(a->expires, b->expires) >= 0);
}

/* The entry of the same URL that allows all that this tool does; of two that are the same, the one
 * in front. */
static const struct mcp_server *shadowing(const struct linting *lint,
                                          const struct mcp_server *server, size_t tool) {
    const char *name = name_of(lint, server), *one = server->tools.v[tool].s;
    for (size_t i = 0; i < lint->spec->network.mcp.n; i++) {
        const struct mcp_server *other = &lint->spec->network.mcp.v[i];
        if (!lasts_as_long(other, server) || strcmp(name_of(lint, other), name) != 0)
            continue;
        for (size_t k = 0; k < other->tools.n; k++) {
            bool itself = other == server && k == tool;
            bool same = strcmp(other->tools.v[k].s, one) == 0;
            if (!itself && tool_pattern_covers(other->tools.v[k].s, one) &&
                (!same || other < server || !lasts_as_long(server, other)))
                return other;
        }
    }
    return NULL;
}

static void shadowed(struct linting *lint, const struct mcp_server *server) {
    for (size_t i = 0; i < server->tools.n; i++) {
        const struct mcp_server *other = shadowing(lint, server, i);
        if (other)
            lint_find(lint, FINDING_SHADOWED, name_of(lint, server),
                      at_item(server->at, "tools", server->tools.v[i].s),
                      arena_printf(lint->arena, "the entry at %s lets \"%s\" be called already",
                                   lint_place(lint, other->at), server->tools.v[i].s),
                      "Take it out, or the wider one");
    }
}

static void any_tool(struct linting *lint, const struct mcp_server *server) {
    for (size_t i = 0; i < server->tools.n; i++)
        if (strcmp(server->tools.v[i].s, "*") == 0)
            lint_find(lint, FINDING_ANY_TOOL, name_of(lint, server),
                      at_item(server->at, "tools", "*"),
                      "whatever tool the server has may be called, and whatever it adds later",
                      "Name the tools that are meant, or accept it");
}

static void never_used(struct linting *lint, const struct mcp_server *server) {
    const struct network *network = &lint->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        if (network->rules.v[i].mcp == server && uses_of(lint->uses, i)->any)
            return;
    lint_never_used(lint, name_of(lint, server), server->at);
}

void lint_mcp(struct linting *lint) {
    for (size_t i = 0; i < lint->spec->network.mcp.n; i++) {
        const struct mcp_server *server = &lint->spec->network.mcp.v[i];
        const char *name = name_of(lint, server);
        any_tool(lint, server);
        shadowed(lint, server);
        lint_ends_on(lint, name, server->at, server->expires, server->owner);
        if (lint->uses)
            never_used(lint, server);
        lint_may_find(lint, FINDING_NEVER_USED, name);
    }
}
