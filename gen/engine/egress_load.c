#include "base/die.h"
#include "engine/egress_private.h"

#include <string.h>

static void refuse_twins(struct egress_reading *r, const struct egress *egress) {
    for (size_t i = 0; i < egress->credential_count && !r->wrong; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(egress->credentials[i].name, egress->credentials[k].name) == 0)
                egress_wrong(r, "credentials: name", "'%s' twice", egress->credentials[i].name);
}

static void read_lists(struct egress_reading *r, const json_t *top, struct egress *egress) {
    const json_t *rules = egress_list(r, json_object_get(top, "rules"), "rules");
    egress->rule_count = json_array_size(rules);
    egress->rules = arena_alloc(r->arena, (egress->rule_count + 1) * sizeof *egress->rules);
    for (size_t i = 0; i < egress->rule_count && !r->wrong; i++)
        egress_read_rule(r, json_array_get(rules, i), i, &egress->rules[i]);
    const json_t *denied = json_object_get(top, "denied");
    if (denied)
        denied = egress_list(r, denied, "denied");
    egress->denied_count = json_array_size(denied);
    egress->denied = arena_alloc(r->arena, (egress->denied_count + 1) * sizeof *egress->denied);
    for (size_t i = 0; i < egress->denied_count && !r->wrong; i++)
        egress_read_denied(r, json_array_get(denied, i), i, &egress->denied[i]);
    const json_t *aged = json_object_get(top, "cooldowns");
    if (aged)
        aged = egress_list(r, aged, "cooldowns");
    egress->aged_count = json_array_size(aged);
    egress->aged = arena_alloc(r->arena, (egress->aged_count + 1) * sizeof *egress->aged);
    for (size_t i = 0; i < egress->aged_count && !r->wrong; i++)
        egress_read_cooldown(r, json_array_get(aged, i), i, &egress->aged[i]);
    const json_t *mcp = json_object_get(top, "mcp");
    if (mcp)
        mcp = egress_list(r, mcp, "mcp");
    egress->mcp_count = json_array_size(mcp);
    egress->mcp = arena_alloc(r->arena, (egress->mcp_count + 1) * sizeof *egress->mcp);
    for (size_t i = 0; i < egress->mcp_count && !r->wrong; i++)
        egress_read_mcp(r, json_array_get(mcp, i), i, &egress->mcp[i]);
    const json_t *credentials = egress_list(r, json_object_get(top, "credentials"), "credentials");
    size_t logins = json_array_size(json_object_get(top, "logins"));
    egress->credential_count = json_array_size(credentials);
    egress->credentials = arena_alloc(r->arena, (egress->credential_count + logins + 1) *
                                                    sizeof *egress->credentials);
    for (size_t i = 0; i < egress->credential_count && !r->wrong; i++)
        egress_read_credential(r, json_array_get(credentials, i), i, &egress->credentials[i]);
    egress_read_logins(r, top, egress);
    refuse_twins(r, egress);
}

static void read_top(struct egress_reading *r, const json_t *top, struct egress *egress) {
    if (!egress_object(
            r, top, "policy",
            "format sandbox enforcement listen rules credentials|denied cooldowns mcp trust "
            "upstream grants ask logins"))
        return;
    const json_t *format = json_object_get(top, "format");
    if (!json_is_integer(format) || json_integer_value(format) != 1)
        egress_wrong(r, "policy.format", "this proxy reads format 1");
    read_lists(r, top, egress);
    egress_read_authorities(r, top, egress);
    egress_read_upstream(r, top, egress);
    egress_read_grants(r, top, egress);
    egress->sandbox = egress_text(r, json_object_get(top, "sandbox"), "sandbox");
    egress->audit =
        egress_one_of(r, json_object_get(top, "enforcement"), "enforce, audit", "enforcement") == 1;
    const json_t *listen = json_object_get(top, "listen");
    if (!egress_object(r, listen, "listen", "host port|"))
        return;
    egress->listen_host = egress_text(r, json_object_get(listen, "host"), "listen.host");
    egress->listen_port = egress_port(r, json_object_get(listen, "port"), "listen.port");
}

struct egress *egress_parse(const char *text, size_t length, char **problem) {
    struct arena *arena = arena_new();
    struct egress *egress = arena_alloc(arena, sizeof *egress);
    struct egress_reading r = {arena, arena_new(), NULL};
    json_error_t error;
    json_t *top = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    egress->arena = arena;
    *problem = NULL;
    if (top)
        read_top(&r, top, egress);
    else
        r.wrong =
            arena_printf(r.scratch, "not valid JSON: line %d column %d", error.line, error.column);
    json_decref(top);
    if (r.wrong)
        *problem = must_copy(r.wrong);
    arena_free(r.scratch);
    if (*problem) {
        egress_drop_ceilings(egress);
        arena_free(arena);
        return NULL;
    }
    egress_join_ceilings(egress);
    egress_make_index(egress);
    return egress;
}
