/* MCP servers: which of their tools may be called, and who answers for it. What lets requests to
 * one through is a rule; where no entry has its URL, nothing that is said there is read. */
#include "policy/policy_private.h"
#include "spec/path_pattern.h"
#include "spec/tool_pattern.h"
#include "spec/types.h"

#include <string.h>

enum { DONE = UINT32_MAX };

static bool same_url(const struct mcp_url *a, const struct mcp_url *b) {
    return a->scheme == b->scheme && a->port == b->port && strcmp(a->host.s, b->host.s) == 0 &&
           strcmp(mcp_url_path(a).s, mcp_url_path(b).s) == 0;
}

static bool has_url(const struct network *network, const struct mcp_url *url) {
    for (size_t i = 0; i < network->mcp.n; i++)
        if (same_url(&network->mcp.v[i].url, url))
            return true;
    return false;
}

/* -- until when -- */

/* By a rule that knows no tools. */
static uint32_t open_until(const struct network *network, const struct mcp_url *url) {
    uint32_t until = POLICY_NEVER;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        bool covers = !rule->mcp && rule->scheme == url->scheme &&
                      policy_has_number(rule->ports.v, rule->ports.n, url->port) &&
                      policy_has_name(rule->methods.v, rule->methods.n, "POST") &&
                      host_covers(rule->host, (struct host_pattern){url->host, false});
        bool there = false;
        for (size_t k = 0; covers && k < rule->paths.n && !there; k++)
            there = path_pattern_covers(rule->paths.v[k].s, mcp_url_path(url).s);
        if (there && policy_day(rule->expires) > until)
            until = policy_day(rule->expires);
    }
    return until;
}

/* By the first n of these entries. */
static uint32_t until_of(const struct network *network, size_t n, const struct mcp_url *url,
                         const char *tool) {
    uint32_t until = POLICY_NEVER;
    for (size_t i = 0; i < n; i++) {
        const struct mcp_server *server = &network->mcp.v[i];
        if (!same_url(&server->url, url))
            continue;
        for (size_t k = 0; k < server->tools.n; k++)
            if (tool_pattern_covers(server->tools.v[k].s, tool) &&
                policy_day(server->expires) > until)
                until = policy_day(server->expires);
    }
    return until;
}

/* -- what is told -- */

static bool is_any(const struct text *tools, size_t n) {
    return n == 1 && strcmp(tools[0].s, "*") == 0;
}

static void write_tools(struct buf *b, const struct mcp_server *server, const struct text *tools,
                        size_t n) {
    if (is_any(tools, n))
        buf_lit(b, "any tool");
    else if (n == 1)
        buf_lit(b, "the tool ");
    else
        buf_lit(b, "the tools ");
    for (size_t i = 0; i < n && !is_any(tools, n); i++) {
        policy_comma(b, i, n);
        plain_word(b, tools[i]);
    }
    buf_lit(b, " of the MCP server ");
    mcp_url_write(b, &server->url);
}

static struct policy_change *add(struct policy_run *run, const struct mcp_server *server,
                                 const struct buf *sentence, const struct buf *subject) {
    BUF_CLEANUP struct buf host = {0};
    struct policy_change *change = policy_add(run, sentence, subject);
    buf_name(&host, server->url.host);
    change->about = policy_keep(run, &host);
    policy_answer(change, server->owner, server->reason, server->expires);
    return change;
}

static bool is_first(const struct network *network, size_t at, size_t tool) {
    const struct mcp_server *server = &network->mcp.v[at];
    for (size_t i = 0; i < at; i++) {
        const struct mcp_server *other = &network->mcp.v[i];
        for (size_t k = 0; same_url(&other->url, &server->url) && k < other->tools.n; k++)
            if (strcmp(other->tools.v[k].s, server->tools.v[tool].s) == 0)
                return false;
    }
    return true;
}

/* What less allows of these: " (so far x)", " (still x and y)". */
static void write_rest(const struct policy_run *run, struct buf *b, const struct network *less,
                       const struct mcp_server *server, const struct text *tools, size_t n) {
    BUF_CLEANUP struct buf rest = {0};
    for (size_t i = 0; i < less->mcp.n; i++)
        for (size_t k = 0; k < less->mcp.v[i].tools.n; k++) {
            const struct text tool = less->mcp.v[i].tools.v[k];
            bool covered = false;
            for (size_t m = 0; m < n && !covered; m++)
                covered = tool_pattern_covers(tools[m].s, tool.s);
            if (!covered || !same_url(&less->mcp.v[i].url, &server->url) || !is_first(less, i, k))
                continue;
            if (rest.len)
                buf_lit(&rest, ", ");
            plain_word(&rest, tool);
        }
    if (!rest.len)
        return;
    if (run->direction == POLICY_NARROWS)
        buf_lit(b, " (still ");
    else
        buf_lit(b, " (so far ");
    plain_again(b, (struct text){rest.data});
    buf_lit(b, ")");
}

static void tell(struct policy_run *run, const struct network *less,
                 const struct mcp_server *server, const struct text *tools, size_t n,
                 uint32_t until) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    bool longer = until != POLICY_NEVER;
    if (longer)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    buf_lit(&sentence, "call ");
    write_tools(&sentence, server, tools, n);
    write_tools(&subject, server, tools, n);
    if (!longer)
        write_rest(run, &sentence, less, server, tools, n);
    else
        policy_longer(run, &sentence, until, policy_day(server->expires));
    struct policy_change *change = add(run, server, &sentence, &subject);
    if (longer)
        policy_dates(run, change, &subject, until, policy_day(server->expires));
}

static void more_tools(struct policy_run *run, const struct network *less,
                       const struct network *more, size_t at) {
    const struct mcp_server *server = &more->mcp.v[at];
    size_t n = server->tools.n;
    uint32_t day = policy_day(server->expires);
    uint32_t open = has_url(less, &server->url) ? POLICY_NEVER : open_until(less, &server->url);
    uint32_t *until = arena_alloc(run->arena, n * sizeof *until);
    struct text *some = arena_alloc(run->arena, n * sizeof *some);
    for (size_t i = 0; i < n; i++) {
        const char *tool = server->tools.v[i].s;
        until[i] = until_of(less, less->mcp.n, &server->url, tool);
        if (open > until[i])
            until[i] = open;
        if (until[i] >= day || until_of(more, at, &server->url, tool) >= day)
            until[i] = DONE;
    }
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        uint32_t one = until[i];
        for (size_t k = i; one != DONE && k < n; k++)
            if (until[k] == one) {
                some[count++] = server->tools.v[k];
                until[k] = DONE;
            }
        if (count)
            tell(run, less, server, some, count, one);
    }
}

/* No entry has the URL any more, but a rule lets it through: all may be said there. */
static void unread_now(struct policy_run *run, const struct network *less,
                       const struct network *more, size_t at) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    static const struct text any = {"*"};
    const struct mcp_server *server = &less->mcp.v[at];
    uint32_t open = has_url(more, &server->url) ? POLICY_NEVER : open_until(more, &server->url);
    bool first = true;
    for (size_t i = 0; i < at && first; i++)
        first = !same_url(&less->mcp.v[i].url, &server->url);
    if (!first || open <= until_of(less, less->mcp.n, &server->url, any.s))
        return;
    if (run->direction == POLICY_WIDENS)
        buf_lit(&sentence, "may now call ");
    else
        buf_lit(&sentence, "may no longer call ");
    write_tools(&sentence, server, &any, 1);
    write_rest(run, &sentence, less, server, &any, 1);
    if (run->direction == POLICY_WIDENS)
        buf_lit(&sentence, ", as nothing is read any more that is said there");
    else
        buf_lit(&sentence, ": what is said there is read now, whichever rule lets it through");
    write_tools(&subject, server, &any, 1);
    add(run, server, &sentence, &subject);
}

void policy_more_mcp(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->network.mcp.n; i++)
        more_tools(run, &less->network, &more->network, i);
    for (size_t i = 0; i < less->network.mcp.n; i++)
        unread_now(run, &less->network, &more->network, i);
}

/* -- who answers for it -- */

static bool same_tools(const struct mcp_server *a, const struct mcp_server *b) {
    if (a->tools.n != b->tools.n || !same_url(&a->url, &b->url))
        return false;
    for (size_t i = 0; i < a->tools.n; i++)
        if (strcmp(a->tools.v[i].s, b->tools.v[i].s) != 0)
            return false;
    return true;
}

/* The last of the older spec that this one was, but for who answers for it; NULL: that one has it,
 * too, or none was. */
static const struct mcp_server *with_another_answer(const struct network *old,
                                                    const struct mcp_server *server) {
    const struct mcp_server *was = NULL;
    for (size_t i = 0; i < old->mcp.n; i++) {
        const struct mcp_server *one = &old->mcp.v[i];
        if (!same_tools(one, server))
            continue;
        if (policy_same_text(one->owner, server->owner) &&
            policy_same_text(one->reason, server->reason))
            return NULL;
        was = one;
    }
    return was;
}

void policy_other_mcp(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->network.mcp.n; i++) {
        const struct mcp_server *server = &new->network.mcp.v[i];
        const struct mcp_server *was = with_another_answer(&old->network, server);
        if (!was)
            continue;
        BUF_CLEANUP struct buf what = {0};
        write_tools(&what, server, server->tools.v, server->tools.n);
        policy_tell_answer(run, &what, policy_answer_text(run, was->owner, was->reason),
                           policy_answer_text(run, server->owner, server->reason));
    }
}
