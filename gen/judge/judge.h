/*
 * What the proxy will say to a request, before there is a proxy: the engine's own decision
 * (engine/admit_judge.h), of the policy.json that a render of the spec would write.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "engine/admit_judge.h"
#include "plan/plan.h"
#include "read/read.h"
#include "spec/request_line.h"

struct judge;

/* Both the plan and what it points at must outlive it. */
struct judge *judge_new(const struct plan *plan);
/* One that is asked about this host and port alone, HOST[:PORT], as judge_line() and judge_place()
 * take it (usual 0: with its port): of many rules those that have nothing to say there are left
 * out. The rest of it is in the arena. */
struct judge *judge_new_at(const struct plan *plan, const char *place, int usual,
                           struct arena *arena);
/* Of a policy.json that was written before; NULL and *problem (free with free()) where it is none.
 * It knows no rule but by its number. */
struct judge *judge_of_policy(const char *text, size_t length, char **problem);
bool judge_is_audit(const struct judge *judge);
void judge_free(struct judge *judge);

/* All in the arena; judged_clear() ends what they begin. */
void judge_line(const struct judge *judge, const struct request_line *line, struct arena *arena,
                struct judged *out);
void judge_place(const struct judge *judge, const char *place, struct arena *arena,
                 struct judged *out);

/* The same without an answer: calls found with each of these rules, by their numbers in the spec's
 * network.rules, that would allow it alone, unless one denies it. out->target is then what was
 * asked for, where out->wrong is NULL. */
void judge_each_rule(const struct judge *judge, const struct request_line *line,
                     struct arena *arena, const size_t *rules, size_t n, struct judged *out,
                     void (*found)(size_t rule, void *context), void *context);

/* The spec's rule that allowed or denied it, or whose ceiling was reached; NULL: none. A rule that
 * a host of ssh stands for is the plan's. */
const struct rule *judge_rule(const struct judge *judge, const struct judged *judged);

/* Calls found for each credential that goes into that request, or would where it carries the
 * placeholder (then credential->ask). Of a request that is denied, none goes. */
void judge_credentials(const struct judge *judge, const struct judged *judged, bool tls,
                       void (*found)(const struct credential *credential, void *context),
                       void *context);

/* Of a request to an MCP server: NULL, or why it may not call that tool. */
const char *judge_tool(const struct judge *judge, const struct judged *judged, bool tls,
                       const char *tool, struct arena *arena);
/* The patterns of tools that it may call, NULL at the end; NULL where it goes to no MCP server. */
const char *const *judge_tools(const struct judge *judge, const struct judged *judged, bool tls,
                               struct arena *arena);

/* Tells every test of the spec that fails. */
void judge_tests(struct reading *reading, const struct plan *plan);

#endif
